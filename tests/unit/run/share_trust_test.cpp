// What pods are given to trust the site and to serve by its certificate.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"
#include "installer/run/existing_step.h"
#include "tests/support/thrown.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_map = "/fake/kept/people.configmap.rootcellar-trust";
constexpr const char* k_secret = "/fake/kept/people.secret.rootcellar-site";
constexpr const char* k_secrets = "/var/lib/rootcellar/secrets/";

class Trust : public ::testing::Test {
 protected:
  Trust() {
    set_up_cluster_machine(host_);
    host_.add_file(k_node, "");
    host_.add_file(k_admin_kubeconfig, "the cluster's");
    host_.add_file(k_site_kubeconfig, "the site's");
    for (const auto& [name, text] : {std::pair("site-authority", "AUTHORITY"), {"site-certificate", "CERTIFICATE"}, {"site-certificate-key", "THE KEY"}})
      host_.add_file(cat(k_secrets, name), cat(text, "\n"), 0600);
    host_.add_file(k_system_bundle, "MOZILLA\nAUTHORITY\n");
  }
  ProbeResult probe() { return rootcellar::probe(action_, scope_); }
  JsonValue run() {
    const JsonValue undo = rootcellar::prepare(action_, scope_);
    rootcellar::perform(action_, scope_);
    return undo;
  }
  std::string data(const char* path, const char* member, const char* key) {
    const JsonValue object = parse_json(host_.read_file(path, 1u << 20).value_or("{}"), path);
    const JsonValue* found = object.find(member);
    return found == nullptr ? "none" : found->text(key).value_or("none");
  }

  MemoryHost host_;
  RunContext context_{.host = host_, .progress = silent_progress()};
  ShareTrust action_{"people"};
  Step step_{"trust-in-people", "share", "", action_};
  ActionScope scope_{step_, context_};
};

TEST_F(Trust, IsSharedWithANamespaceThatIsMadeForIt) {
  EXPECT_EQ(probe(), ProbeResult::needed);
  const JsonValue undo = run();
  EXPECT_EQ(undo.dump(), R"({"made-namespace":true})");
  EXPECT_EQ(data(k_map, "data", "ca.crt"), "AUTHORITY\n");
  EXPECT_EQ(data(k_map, "data", "ca-certificates.crt"), "MOZILLA\nAUTHORITY\n");
  EXPECT_EQ(data(k_secret, "stringData", "tls.crt"), "CERTIFICATE\n");
  EXPECT_EQ(data(k_secret, "stringData", "tls.key"), "THE KEY\n");
  EXPECT_EQ(parse_json(*host_.read_file(k_secret, 1u << 20), "secret").text("type"), "kubernetes.io/tls");
  EXPECT_EQ(probe(), ProbeResult::already);
  rootcellar::take_back(action_, undo, false, scope_);
  EXPECT_FALSE(host_.exists(k_map));
  EXPECT_FALSE(host_.exists(k_secret));
  EXPECT_FALSE(read_lines(host_, k_objects).contains("- namespace/people"));
}

TEST_F(Trust, ANamespaceThatWasThereStays) {
  set_member(host_, k_objects, "- namespace/people", true);
  const JsonValue undo = run();
  rootcellar::take_back(action_, undo, false, scope_);
  EXPECT_FALSE(host_.exists(k_map));
  EXPECT_TRUE(read_lines(host_, k_objects).contains("- namespace/people"));
}

TEST_F(Trust, TheListGetsTheAuthorityWhereItLacksIt) {
  host_.add_file(k_system_bundle, "MOZILLA");
  run();
  EXPECT_EQ(data(k_map, "data", "ca-certificates.crt"), "MOZILLA\nAUTHORITY\n");
  host_.remove(k_system_bundle);
  EXPECT_EQ(probe(), ProbeResult::needed) << "this machine's list has changed";
  run();
  EXPECT_EQ(data(k_map, "data", "ca-certificates.crt"), "AUTHORITY\n");
}

TEST_F(Trust, FollowsACertificateThatIsMadeAnew) {
  run();
  host_.add_file(cat(k_secrets, "site-certificate"), "NEXT\n", 0600);
  host_.add_file(cat(k_secrets, "site-certificate-key"), "NEXT KEY\n", 0600);
  EXPECT_EQ(probe(), ProbeResult::needed);
  run();
  EXPECT_EQ(data(k_secret, "stringData", "tls.crt"), "NEXT\n");
  EXPECT_EQ(data(k_secret, "stringData", "tls.key"), "NEXT KEY\n");
  EXPECT_EQ(probe(), ProbeResult::already);
}

TEST_F(Trust, IsNeededWhileThereIsNone) {
  host_.remove(cat(k_secrets, "site-certificate"));
  EXPECT_EQ(probe(), ProbeResult::needed);
  EXPECT_EQ(message_of([&] { run(); }), cat("expected '", k_secrets, "site-certificate', found none"));
}

TEST_F(Trust, IsEverybodysWhereNobodyIsHandedAnAuthority) {
  host_.remove(cat(k_secrets, "site-authority"));
  run();
  EXPECT_EQ(data(k_map, "data", "ca.crt"), "MOZILLA\nAUTHORITY\n");
  EXPECT_EQ(data(k_map, "data", "ca-certificates.crt"), "MOZILLA\nAUTHORITY\n");
}

TEST_F(Trust, AListThatIsTooLongIsSaid) {
  host_.add_file(k_system_bundle, std::string(std::size_t{1} << 20, 'a'));
  std::string hint;
  EXPECT_EQ(message_of([&] { run(); }, &hint),
            "cannot share the site's trust: '/etc/ssl/certs/ca-certificates.crt' has 1.0 MB, and a ConfigMap holds 1 MiB");
  EXPECT_EQ(hint, "take authorities out of this machine's list that nobody here needs: dpkg-reconfigure ca-certificates");
}

TEST_F(Trust, TheKeyStandsInNoLogAndNoArgument) {
  host_.set_tool("/usr/local/bin/kubectl", [](MemoryHost&, const ToolCall& call) -> ToolResult {
    if (call.argv.at(3) != "apply") return {};
    return {.exit_code = 1, .output = {}, .error_output = cat("no: ", call.input.substr(call.input.find("THE KEY"), 7), "\n")};
  });
  std::string hint;
  const std::string said = message_of([&] { run(); }, &hint);
  EXPECT_EQ(said, "cannot share the site's trust in namespace 'people': exit status 1: no: ***");
  EXPECT_EQ(hint, "its whole output is in /var/log/rootcellar/trust-in-people.log");
  for (const auto& argv : host_.calls()) {
    for (const std::string& word : argv) EXPECT_EQ(word.find("THE KEY"), word.npos);
  }
  EXPECT_EQ(encode_step(step_).dump().find("AUTHORITY"), std::string::npos);
}

TEST_F(Trust, WhatTheSitesClusterHasByTheseNamesStays) {
  action_.kubeconfig = k_site_kubeconfig;
  host_.make_directories(k_kept);
  host_.write_file(k_map, R"({"kind":"ConfigMap","metadata":{"name":"rootcellar-trust"}})");
  std::string hint;
  EXPECT_EQ(message_of([&] { run(); }, &hint),
            "cannot share the site's trust: the site's cluster has 'configmap/rootcellar-trust' in namespace 'people' already, and not from here");
  EXPECT_EQ(hint, "take it away there, if nobody needs it; nothing of it was changed");
  host_.remove(k_map);
  run();
  run();  // ours
  EXPECT_EQ(data(k_map, "data", "ca.crt"), "AUTHORITY\n");
}

}  // namespace
}  // namespace rootcellar::test
