#include <gtest/gtest.h>

#include "installer/plan/subjects.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::error_of;
using test::sample_facts;
using test::sample_header;
using test::sample_index;
using Texts = std::vector<std::string>;

Texts refusals(const Facts& facts, const Answers& answers = {}, const Index& index = sample_index()) {
  return make_plan(sample_header(), index, facts, answers).refusals;
}

TEST(Refusals, NoneOnAMachineThatFits) { EXPECT_EQ(refusals(sample_facts()), Texts{}); }

TEST(Refusals, AnotherArchitecture) {
  Facts facts = sample_facts();
  facts.architecture = "arm64";
  EXPECT_EQ(refusals(facts), Texts{"the bundle is for amd64, and this machine is arm64"});
}

TEST(Refusals, AnotherRelease) {
  Facts facts = sample_facts();
  facts.version = "13";
  facts.codename = "trixie";
  EXPECT_EQ(refusals(facts), Texts{"the bundle is for debian 12 (bookworm), and this machine runs debian 13 (trixie)"});
  facts.distribution = facts.version = facts.codename = "";
  EXPECT_EQ(refusals(facts), Texts{"the bundle is for debian 12 (bookworm), and this machine runs an unknown system"});
}

TEST(Refusals, NoSystemd) {
  Facts facts = sample_facts();
  facts.systemd = false;
  EXPECT_EQ(refusals(facts), Texts{"the appliance needs systemd as the first process, and this machine was not started by it"});
}

TEST(Refusals, AnInstallerThatIsTooOld) {
  Facts facts = sample_facts();
  facts.installer_version = "0.0.9";
  EXPECT_EQ(refusals(facts), Texts{"the bundle needs rootcellar-install 0.1.0 or newer, and this is 0.0.9"});
}

TEST(Refusals, ALowerSerial) {
  Facts facts = sample_facts();
  facts.highest_serial = 4;
  EXPECT_EQ(
      refusals(facts),
      Texts{"this machine has seen serial 4 of 'lab', and the bundle is serial 3: an older bundle is never installed over a newer one"});
  facts.installed = InstalledBundle{"lab", "cpu", 4, "other"};
  EXPECT_EQ(refusals(facts).size(), 1u);
}

TEST(Refusals, AnotherApplianceInstalled) {
  Facts facts = sample_facts();
  facts.installed = InstalledBundle{"desk", "cpu", 1, "other"};
  EXPECT_EQ(refusals(facts),
            Texts{"'desk-cpu' serial 1 is installed here, and 'lab-cpu' serial 3 cannot be put beside it: take it back with "
                  "'rootcellar-install uninstall' first; pushed images and data are kept"});
}

TEST(Refusals, APortInUse) {
  Facts facts = sample_facts();
  facts.ports = {{22, "0.0.0.0", "root"}, {5000, "192.0.2.7", "root"}, {5000, "::", "docker-registry"}};
  EXPECT_EQ(refusals(facts), Texts{"the registry needs port 5000 at 127.0.0.1, which a program of user 'docker-registry' has: stop it, or "
                                   "answer another 'registry.listen'"});
  facts.ports = {{5000, "127.0.0.1", "rootcellar-registry"}};
  EXPECT_EQ(refusals(facts), Texts{});
}

TEST(Refusals, AnAddressThatIsNotOurs) {
  EXPECT_EQ(refusals(sample_facts(), {.registry_listen = "192.0.2.8:5000"}),
            Texts{"'registry.listen' is 192.0.2.8:5000, and this machine's addresses are 127.0.0.1, 192.0.2.7"});
  EXPECT_EQ(refusals(sample_facts(), {.registry_listen = "192.0.2.7:5000"}), Texts{});
  EXPECT_EQ(refusals(sample_facts(), {.registry_listen = "[::1]:5000"}),
            Texts{"docker's image names cannot hold an IPv6 address: 'registry.listen' must be IPv4, found [::1]:5000"});
}

TEST(Refusals, WhatCannotFit) {
  Facts facts = sample_facts();
  for (auto& [path, space] : facts.space) space.available = 600'000'000;
  EXPECT_EQ(refusals(facts), Texts{"the filesystem of /etc/motd.d needs 753.9 MB and has 600.0 MB free: make room, or answer a "
                                   "'storage.root' on a larger disk"});
}

TEST(Refusals, EachFilesystemByItself) {
  Facts facts = sample_facts();
  facts.space["/var/lib/docker"].device = 2;
  facts.space["/var/lib/docker"].available = 1000;
  facts.space["/usr/local/sbin"].device = 3;
  facts.space["/usr/local/sbin"].read_only = true;
  EXPECT_EQ(refusals(facts), (Texts{"the filesystem of /usr/local/sbin is read-only",
                                    "the filesystem of /var/lib/docker needs 297.1 MB and has 1.0 kB free: make room, or answer a "
                                    "'storage.root' on a larger disk"}));
}

TEST(Refusals, AFolderThatIsReadOnlyByItself) {
  Facts facts = sample_facts();
  facts.space["/etc"] = facts.space["/usr"];
  facts.space["/etc"].read_only = true;
  EXPECT_EQ(refusals(facts), Texts{"the filesystem of /etc is read-only"});
}

TEST(Refusals, DockerOnAnOverlay) {
  Facts facts = sample_facts();
  facts.space["/var/lib/docker"].filesystem = "overlay";
  EXPECT_EQ(refusals(facts),
            Texts{"docker's storage driver overlay2 does not work on an overlay, which /var/lib/docker is on: mount a disk "
                  "there, or answer a 'storage.root' on one"});
}

TEST(Refusals, ABrokenDaemonJson) {
  Facts facts = sample_facts();
  facts.daemon_json = "{\n  \"dns\": [1,]\n}\n";
  ASSERT_EQ(refusals(facts).size(), 1u);
  EXPECT_EQ(refusals(facts)[0].substr(0, 28), "/etc/docker/daemon.json:2:13");
  facts.daemon_json = "[]";
  EXPECT_EQ(refusals(facts), Texts{"/etc/docker/daemon.json:1:1: expected an object of docker's settings"});
  facts.daemon_json = R"({"exec-opts": "native.cgroupdriver=systemd"})";
  EXPECT_EQ(refusals(facts), Texts{"/etc/docker/daemon.json: 'exec-opts' is not a list of texts"});
}

TEST(Refusals, AnImageThatIsNotThere) {
  Index index = sample_index();
  index.appliance.runtime.preload = {"nginx"};
  EXPECT_EQ(refusals(sample_facts(), {}, index), Texts{"the appliance wants image 'nginx' in docker, which is not in the bundle"});
}

TEST(Cautions, ABundleThatIsOld) {
  Facts facts = sample_facts();
  facts.clock = sample_header().expires + 1;
  EXPECT_EQ(make_plan(sample_header(), sample_index(), facts, {}).cautions,
            Texts{"the bundle expired at 2027-11-20T10:00:00Z, and this machine's clock says 2027-11-20T10:00:01Z: ask for a newer one"});
}

TEST(RequireFittingHost, SaysEverythingInOneLine) {
  Facts facts = sample_facts();
  EXPECT_EQ(error_of([&] { require_fitting_host(sample_header(), sample_index().appliance, facts); }), "no error\n");
  facts.architecture = "arm64";
  facts.root = false;
  EXPECT_EQ(error_of([&] { require_fitting_host(sample_header(), sample_index().appliance, facts); }),
            "error: cannot install 'lab-cpu-3-amd64': the bundle is for amd64, and this machine is arm64; only root can install\n"
            "hint: begin the command with 'sudo'\n");
}

TEST(Refusals, ARegistryWithoutANumericAddressIsTheBundlesFault) {
  Index index = sample_index();
  index.appliance.registry.listen = "localhost:5000";
  EXPECT_EQ(error_of([&] { make_plan(sample_header(), index, sample_facts(), {}); }),
            "error: the bundle's registry listens at 'localhost:5000', which is not a numeric address and a port\n");
}

}  // namespace
}  // namespace rootcellar
