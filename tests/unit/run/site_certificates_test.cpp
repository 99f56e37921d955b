// The site's certificate, made or brought along: stopped anywhere, changed from one to the other, its key sealed or moved away.
#include "installer/run/site_certificates.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "bundle/base/error.h"
#include "installer/pki/authority.h"
#include "bundle/pki/provided.h"
#include "installer/run/provided_certificate.h"
#include "installer/run/runtime_values.h"
#include "tests/support/failing_host.h"
#include "tests/support/thrown.h"
#include "tests/unit/pki/issued.h"
#include "tests/unit/run/certificate_machine.h"

namespace rootcellar::test {
namespace {

using Failure = FailingHost::Failure;
constexpr const char* k_secrets = "/var/lib/rootcellar/secrets/";

class SiteCertificates : public ::testing::Test {
 protected:
  SiteCertificates() {
    set_up_certificate_machine(host_);
    steps_ = own_certificate_plan();
  }

  RunContext context(HostSystem& host) { return {.host = host, .progress = silent_progress(), .paths = {}}; }
  ProbeResult look(const Step& step) {
    RunContext own = context(host_);
    return probe_step(step, own);
  }
  void run(const Step& step) {
    RunContext own = context(host_);
    do_step(step, own);
  }
  void take_back(const Step& step, bool purge = false) {
    RunContext own = context(host_);
    undo_step(step, JsonValue::object(), own, purge);
  }
  void run_all(const std::vector<Step>& steps) {
    for (const Step& step : steps) run(step);
  }
  std::string kept(const std::string& name) { return host_.read_file(cat(k_secrets, name), 1 << 20).value_or("none"); }
  std::string told(const std::string& name) {
    return host_.read_file(cat("/var/lib/rootcellar/captures/", name), 1 << 20).value_or("none");
  }
  void expect_served_by(const std::string& authority) {
    const SecretText key(kept("site-certificate-key"));
    const std::string chain = cat(kept("site-certificate"), authority);
    EXPECT_EQ(faults_of({chain, key.view(), {"lab.example", "*.lab.example"}, host_.now()}), std::vector<std::string>{});
  }

  /// False when `call` is beyond the last. How it stops, changes from call to call.
  bool stop_at(std::uint64_t call, const std::function<void(RunContext&)>& work) {
    constexpr std::array<Failure, 3> k_ways = {Failure::error, Failure::kill_before, Failure::kill_after};
    FailingHost failing(host_, call, k_ways[call / 2 % k_ways.size()]);
    try {
      RunContext there = context(failing);
      work(there);
    } catch (const SystemError&) {
    } catch (const Killed&) {
      host_.cut_power();
    }
    return failing.failed();
  }

  MemoryHost host_;
  std::vector<Step> steps_;
};

TEST_F(SiteCertificates, OwnIsMadeOnceWhereverItIsStopped) {
  std::uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    host_ = MemoryHost();
    set_up_certificate_machine(host_);
    reached = stop_at(call, [&](RunContext& there) {
      for (const Step& step : steps_) do_step(step, there);
    });
    const std::string before = host_.read_file(cat(k_secrets, "site-authority"), 1 << 20).value_or("");
    run_all(steps_);
    for (const Step& step : steps_) ASSERT_EQ(look(step), ProbeResult::already) << step.id << " after a stop at call " << call;
    ASSERT_TRUE(before.empty() || kept("site-authority") == before) << "people may trust it since call " << call;
    take_back(steps_[1], true);
    take_back(steps_[0], true);
    ASSERT_FALSE(host_.exists("/var/lib/rootcellar/secrets")) << "stopped at call " << call;
  }
  EXPECT_GT(call, 40u);
}

TEST_F(SiteCertificates, AnotherCertificateTakesTheOwnOnesPlaceAndGivesItBack) {
  run_all(steps_);
  const std::string own = kept("site-authority"), key = kept("_site-authority-key"), words = told("site-authority-words");
  const Step brought = certificate_plan().front();
  EXPECT_EQ(look(brought), ProbeResult::needed);
  run(brought);
  take_back(steps_[0]);  // what an upgrade does at places that it knows nothing of
  EXPECT_EQ(look(brought), ProbeResult::already);
  EXPECT_NE(kept("site-authority"), own);
  expect_served_by(kept("site-authority"));
  EXPECT_EQ(kept("_site-made-authority"), own);
  EXPECT_EQ(kept("_site-authority-key"), key);
  EXPECT_EQ(look(steps_[0]), ProbeResult::needed);

  run_all(steps_);
  EXPECT_EQ(kept("site-authority"), own) << "devices trust it still";
  EXPECT_EQ(told("site-authority-words"), words);
  EXPECT_EQ(kept("_site-made-authority"), "none");
  for (const Step& step : steps_) EXPECT_EQ(look(step), ProbeResult::already) << step.id;
  expect_served_by(own);
}

TEST_F(SiteCertificates, TheChangeIsWholeWhereverItIsStopped) {
  run_all(steps_);
  const std::string own = kept("site-authority");
  const MemoryHost machine = host_;
  const Step brought = certificate_plan().front();
  std::uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    host_ = machine;
    reached = stop_at(call, [&](RunContext& there) {
      do_step(brought, there);
      undo_step(brought, JsonValue::object(), there, false);
      for (const Step& step : steps_) do_step(step, there);
    });
    if (call % 2 == 0) {
      run(brought);
      ASSERT_EQ(look(brought), ProbeResult::already) << "stopped at call " << call;
      ASSERT_EQ(kept("_site-made-authority"), own) << "stopped at call " << call;
    }
    run_all(steps_);
    ASSERT_EQ(kept("site-authority"), own) << "stopped at call " << call;
    for (const Step& step : steps_) ASSERT_EQ(look(step), ProbeResult::already) << step.id << ", stopped at call " << call;
  }
  EXPECT_GT(call, 100u);
}

TEST_F(SiteCertificates, TheStickMayGoAndANewFileIsTaken) {
  const Step brought = certificate_plan().front();
  run(brought);
  const std::string first = kept("site-certificate");
  for (const char* path : {"/media/stick/chain.pem", "/media/stick/key.pem"}) host_.remove(path);
  EXPECT_EQ(look(brought), ProbeResult::already);
  run(brought);
  EXPECT_EQ(kept("site-certificate"), first);

  const Issued renewed;
  host_.add_file("/media/stick/chain.pem", cat(renewed.certificate({"lab.example", "*.lab.example"}), renewed.authority));
  host_.add_file("/media/stick/key.pem", renewed.key);
  EXPECT_EQ(look(brought), ProbeResult::needed);
  run(brought);
  EXPECT_EQ(kept("site-authority"), renewed.authority);
  EXPECT_EQ(kept("site-certificate-key"), renewed.key);
  expect_served_by(renewed.authority);
}

TEST_F(SiteCertificates, WhatTheFilesLackIsSaid) {
  const Step brought = certificate_plan().front();
  host_.remove("/media/stick/key.pem");
  EXPECT_EQ(message_of([&] { run(brought); }),
            "cannot use the certificate '/media/stick/chain.pem': expected it and its key '/media/stick/key.pem', found not both");
  host_.add_file("/media/stick/key.pem", make_private_key());
  EXPECT_EQ(message_of([&] { run(brought); }),
            "cannot use the certificate '/media/stick/chain.pem': the key is not that of certificate 1 of 2 ('lab.example')");
}

TEST_F(SiteCertificates, WhatWeToldTheStoreIsNoKnownAuthority) {
  const Issued other;
  host_.add_file("/etc/ssl/certs/ca-certificates.crt", cat(other.authority, kept("site-authority"), "end\n"));
  EXPECT_EQ(known_authorities(host_), cat(other.authority, "noneend\n"));
  host_.add_file(k_site_trust_file, other.authority);
  EXPECT_EQ(known_authorities(host_), "\nnoneend\n");
}

TEST_F(SiteCertificates, AChangeOfWhoKnowsItsAuthorityIsAnotherPlan) {
  Step brought = certificate_plan().front();
  run(brought);
  host_.add_file("/etc/ssl/certs/ca-certificates.crt", kept("site-authority"));
  EXPECT_EQ(message_of([&] { run(brought); }),
            "cannot use the certificate '/media/stick/chain.pem': its authority is known to this machine, and that of the one before was not");
  std::get<UseCertificate>(brought.action).known = true;
  EXPECT_EQ(look(brought), ProbeResult::already);
}

class AuthorityKey : public SiteCertificates {
 protected:
  AuthorityKey() {
    run_all(steps_);
    std::get<IssueCertificate>(steps_[1].action).addresses = {"192.0.2.11"};
  }
};

TEST_F(AuthorityKey, UnderAPassphraseItSignsNothing) {
  host_.write_file(cat(k_secrets, "_site-authority-key"), seal_private_key(kept("_site-authority-key"), "secret"), 0600, {});
  EXPECT_EQ(look(steps_[0]), ProbeResult::already);
  EXPECT_EQ(look(steps_[1]), ProbeResult::needed);
  EXPECT_EQ(message_of([&] { run(steps_[1]); }), "the key of the site's authority is under a passphrase, and a certificate has to be signed");
}

TEST_F(AuthorityKey, MovedItSignsNothing) {
  host_.remove(cat(k_secrets, "_site-authority-key"));
  EXPECT_EQ(message_of([&] { run(steps_[1]); }), "the key of the site's authority is not on this machine, and a certificate has to be signed");
  EXPECT_EQ(look(steps_[0]), ProbeResult::needed);
  EXPECT_EQ(message_of([&] { run(steps_[0]); }),
            "the site's authority is in /var/lib/rootcellar/secrets/site-authority and its key is not in "
            "/var/lib/rootcellar/secrets/_site-authority-key");
  host_.write_file(cat(k_secrets, "_site-authority-key-moved"), "/media/stick on 2026-11-25\n", 0600, {});
  EXPECT_EQ(look(steps_[0]), ProbeResult::already);
  EXPECT_EQ(message_of([&] { run(steps_[1]); }),
            "the key of the site's authority was moved to /media/stick on 2026-11-25, and a certificate has to be signed");
}

TEST_F(AuthorityKey, HereItSigns) {
  EXPECT_EQ(look(steps_[1]), ProbeResult::needed);
  run(steps_[1]);
  EXPECT_EQ(look(steps_[1]), ProbeResult::already);
}

}  // namespace
}  // namespace rootcellar::test
