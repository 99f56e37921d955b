#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/apt.h"
#include "installer/run/spool.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

InstallPackages packages_step() {
  for (const Step& step : small_plan()) {
    if (const auto* packages = std::get_if<InstallPackages>(&step.action)) return *packages;
  }
  return {};
}

TEST(Apt, TheBundleIsASourceWithItsOwnKeyring) {
  EXPECT_EQ(
      apt_source_text(packages_step()),
      "# The bundle as apt's source, for the time of the installation.\n\nTypes: deb\nURIs: file:/var/lib/rootcellar/spool/apt/debian\n"
      "Suites: bookworm\nComponents: main\nArchitectures: amd64\nSigned-By: /var/lib/rootcellar/spool/apt/keyrings/debian.gpg\n"
      "Targets: Packages\nLanguages: none\nBy-Hash: no\nPDiffs: no\nCheck-Valid-Until: no\nCheck-Date: no\n");
}

TEST(Apt, NeverWithoutAuthentication) {
  for (const ToolCall& call : {apt_update(packages_step()), apt_install(packages_step(), true), apt_install(packages_step(), false)}) {
    const std::string line = join(call.argv, " ");
    EXPECT_NE(line.find("-o APT::Get::AllowUnauthenticated=false "), line.npos);
    EXPECT_NE(line.find("-o Dir::Etc::sourceparts=/dev/null "), line.npos);
    EXPECT_EQ(line.find("trusted"), line.npos);
    EXPECT_EQ(line.find("--allow-"
                        "unauthenticated"),
              line.npos);
  }
}

TEST(Apt, ForecastTellsNewFromUpgradedAndRemoved) {
  const AptForecast forecast = parse_forecast(
      "Reading package lists...\nRemv old [1.0]\nInst libc6 [2.36-9] (2.36-10 Debian:12 [amd64]) []\nInst jq (1.6 Debian [amd64])\nInst "
      "x:i386 (1 Debian [i386])\nConf jq (1.6)\n");
  EXPECT_EQ(forecast.fresh, (std::vector<std::string>{"jq", "x:i386"}));
  EXPECT_EQ(forecast.upgraded, std::vector<std::string>{"libc6"});
  EXPECT_EQ(forecast.removed, std::vector<std::string>{"old"});
}

TEST(Apt, ReasonsAreItsOwnWords) {
  EXPECT_EQ(apt_reason("The following packages have unmet dependencies:\n a : Depends: b (>= 2) but 1 is to be installed\n",
                       "E: Unable to correct problems.\n"),
            "a : Depends: b (>= 2) but 1 is to be installed; E: Unable to correct problems.");
  EXPECT_EQ(apt_reason("", ""), "it gives no reason");
}

class Machine : public ::testing::Test {
 protected:
  Machine() { set_up_machine(host_); }
  std::string install_error() {
    try {
      install(host_, bundle_, small_plan());
      return "none";
    } catch (const Error& error) {
      return render_error(error);
    }
  }

  TemporaryDirectory directory_{"rc-machine"};
  Bundle bundle_ = small_bundle(directory_.path());
  MemoryHost host_;
};

TEST_F(Machine, APackageThatCannotBeInstalledIsRefusedBeforeItsStepBegins) {
  host_.set_tool("/usr/bin/apt-get", [](MemoryHost&, const ToolCall& call) -> ToolResult {
    const bool simulates = std::find(call.argv.begin(), call.argv.end(), "--simulate") != call.argv.end();
    return {.exit_code = simulates ? 100 : 0,
            .timed_out = false,
            .output = " docker.io : Depends: runc but it is not installable\n",
            .error_output = "E: broken\n"};
  });
  EXPECT_EQ(install_error(),
            "error: cannot install 'docker.io': docker.io : Depends: runc but it is not installable; E: broken\n  while install packages\n"
            "hint: apt's whole output is in /var/log/rootcellar/packages.log\n"
            "10 of 17 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  EXPECT_EQ(host_.read_file("/usr/sbin/policy-rc.d", 100), "#!/bin/sh\nexit 0\n");
}

TEST_F(Machine, WhatTheBundleDoesNotHaveForThisMachineIsRefused) {
  host_.set_tool("/usr/bin/apt-get", [](MemoryHost&, const ToolCall& call) -> ToolResult {
    const bool simulates = std::find(call.argv.begin(), call.argv.end(), "--simulate") != call.argv.end();
    return {.exit_code = 0,
            .timed_out = false,
            .output = simulates ? "Inst docker.io (20 Debian [amd64])\nInst nvtop (3 Debian [amd64])\n" : "",
            .error_output = {}};
  });
  EXPECT_EQ(install_error(),
            "error: cannot install 'docker.io': apt would take 'nvtop', which the bundle does not have for this machine\n  while install "
            "packages\n"
            "hint: apt's whole output is in /var/log/rootcellar/packages.log\n"
            "10 of 17 steps are done and stay; run 'rootcellar-install resume' to go on\n");
}

TEST_F(Machine, DebsOfOtherMachinesAreNotSpooled) {
  fill_spool(bundle_, "/spool", {}, host_, 1, silent_progress());
  EXPECT_TRUE(spool_complete(bundle_, "/spool", {}, host_));
  EXPECT_TRUE(host_.exists("/spool/apt/debian/pool/runc.deb"));
  EXPECT_FALSE(host_.exists("/spool/apt/debian/pool/nvtop.deb"));
  EXPECT_FALSE(spool_complete(bundle_, "/spool", {"role:gpuWorker"}, host_));
  fill_spool(bundle_, "/spool", {"role:gpuWorker"}, host_, 1, silent_progress());
  EXPECT_TRUE(host_.exists("/spool/apt/debian/pool/nvtop.deb"));
  EXPECT_EQ(spool_bytes(bundle_.index(), {"role:gpuWorker"}) - spool_bytes(bundle_.index(), {}), std::string("bytes of nvtop").size());
}

TEST_F(Machine, AptReadsItsIndexesOnceInARun) {
  install(host_, bundle_, small_plan());
  const auto updates = [&] {
    return std::count_if(host_.calls().begin(), host_.calls().end(),
                         [](const auto& argv) { return argv.front() == "/usr/bin/apt-get" && argv.back() == "update"; });
  };
  EXPECT_EQ(updates(), 1);
  uninstall(host_, false);
  install(host_, bundle_, small_plan());
  EXPECT_EQ(updates(), 2);
}

TEST_F(Machine, ABrokenDaemonJsonIsShownAndLeft) {
  host_.add_file("/etc/docker/daemon.json", "{\n  \"debug\": true,\n}\n");
  const std::string error = install_error();
  EXPECT_NE(error.find("error: /etc/docker/daemon.json:3:1: "), error.npos) << error;
  EXPECT_NE(error.find("hint: mend '/etc/docker/daemon.json' or move it away, then run the same command again\n"), error.npos) << error;
  EXPECT_EQ(host_.read_file("/etc/docker/daemon.json", 100), "{\n  \"debug\": true,\n}\n");
}

TEST_F(Machine, PeoplesKeysTheirOrderAndTheirLookStay) {
  EXPECT_EQ(install_error(), "none");
  EXPECT_EQ(host_.read_file("/etc/docker/daemon.json", 1000),
            "{\n    \"debug\": true,\n    \"log-opts\": {\n        \"labels\": \"mine\",\n        \"max-size\": \"50m\"\n    },\n"
            "    \"storage-driver\": \"overlay2\",\n    \"registry-mirrors\": [\n        \"http://127.0.0.1:5000\"\n    ]\n}\n");
  EXPECT_EQ(host_.status("/etc/docker/daemon.json")->mode, 0640u);
}

TEST_F(Machine, WhatPeopleChangedSinceStays) {
  EXPECT_EQ(install_error(), "none");
  host_.write_file(
      "/etc/docker/daemon.json",
      "{\"debug\":false,\"log-opts\":{\"max-size\":\"9m\"},\"registry-mirrors\":[\"http://127.0.0.1:5000\",\"http://10.0.0.1\"]}");
  host_.write_file("/etc/motd", "edited\n");
  host_.write_file("/srv/data/registry/notes", "mine");
  uninstall(host_, false);
  EXPECT_EQ(host_.read_file("/etc/docker/daemon.json", 1000),
            "{\n  \"debug\": false,\n  \"log-opts\": {\n    \"max-size\": \"9m\"\n  },\n  \"registry-mirrors\": [\n    "
            "\"http://10.0.0.1\"\n  ]\n}\n");
  EXPECT_EQ(host_.read_file("/etc/motd", 100), "edited\n");
  Journal journal(host_, "/var/lib/rootcellar/journal");
  const auto kept = kept_data(journal.records(), host_);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].path, "/srv/data/registry");
  EXPECT_EQ(kept[0].bytes, 4u);
  uninstall(host_, true);
  EXPECT_FALSE(host_.exists("/srv/data/registry"));
}

TEST_F(Machine, RunningAgainDoesNothing) {
  EXPECT_EQ(install(host_, bundle_, small_plan()).done, 17u);
  const RunOutcome again = install(host_, bundle_, small_plan());
  EXPECT_EQ(again.done, 0u);
  EXPECT_EQ(again.already, 17u);
}

}  // namespace
}  // namespace rootcellar::test
