// An installation that is stopped: killed after every few records, and with the power gone in the middle of apt and of the registry.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr std::size_t k_records_between = 3;
constexpr const char* k_resume = "/usr/local/sbin/rootcellar-install resume -q";

std::string install_command() { return cat("sh ", k_stick, "/START.sh install --trust ", k_key, " --yes -q"); }

const HostSnapshot& clean_state() {
  static const HostSnapshot state = [] {
    Machine machine(setup_of("clean", workshop().stick({})));
    const Answer answer = machine.install();
    EXPECT_EQ(answer.text, "exit 0\n");
    return lasting_state(machine);
  }();
  return state;
}

TEST(Stop, KilledAgainAndAgain) {
  Machine machine(setup_of("kill", workshop().stick({})));
  const HostSnapshot before = lasting_state(machine);
  std::size_t kills = 0;
  Answer last;
  while (true) {
    const std::size_t wanted = machine.journal_records() + k_records_between;
    const auto end = machine.begin("step", kills == 0 ? install_command() : k_resume);
    if (!Machine::await([&] { return machine.journal_records() >= wanted; }, [&] { return machine.exists("/root/step.code"); })) {
      last = end();
      break;
    }
    machine.shell("systemctl kill --kill-whom=main --signal=KILL rootcellar-install.service || true");
    last = end();
    if (last.exit_code == 0) break;
    ++kills;
    EXPECT_EQ(last.text,
              "exit 5\n"
              "error: 'rootcellar-install.service' ended without a word\n"
              "hint: see '/var/log/rootcellar/unit.log'\n"
              "run 'rootcellar-install resume' to go on, or 'rootcellar-install uninstall' to take it back\n");
  }
  EXPECT_EQ(last.text, "exit 0\n");
  EXPECT_GE(kills, 4u);
  EXPECT_EQ(differences(clean_state(), lasting_state(machine)), "");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  machine.shell("rm -f /root/step.*");
  EXPECT_EQ(differences(before, lasting_state(machine)), "");
}

TEST(Stop, PowerGoneInAptAndInTheRegistry) {
  Machine machine(setup_of("power", workshop().stick({})));
  const HostSnapshot before = lasting_state(machine);
  // dpkg stops after it has unpacked: the package is there, and not configured.
  machine.write("/etc/dpkg/dpkg.cfg.d/field", "post-invoke=[ -e /root/go ] || { touch /run/unpacked; sleep 600; }\n");
  machine.begin("step", install_command());
  ASSERT_TRUE(Machine::await([&] { return machine.shell("ls /run").find("unpacked") != std::string::npos; }));
  machine.host().power_cut();
  machine.host().boot();
  EXPECT_EQ(machine.shell("dpkg-query -W -f '${db:Status-Status}\\n' docker-registry"), "unpacked\n");
  machine.write("/root/go", "");

  machine.begin("step", k_resume);
  const std::string blobs = machine.path("/var/lib/rootcellar/registry/docker/registry/v2/blobs/sha256");
  ASSERT_TRUE(Machine::await([&] { return file_status(blobs).has_value(); }, [&] { return machine.exists("/root/step.code"); }));
  machine.host().power_cut();
  EXPECT_FALSE(machine.exists("/var/lib/rootcellar/registry/docker/registry/v2/repositories/rootcellar/field-box/_manifests/tags/1"));
  machine.host().boot();

  EXPECT_EQ(machine.installed({"resume"}).text, "exit 0\n");
  machine.shell("rm -f /root/step.* /root/go /etc/dpkg/dpkg.cfg.d/field");
  EXPECT_EQ(differences(clean_state(), lasting_state(machine)), "");
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(machine.installed({"uninstall", "--yes"}).text, "exit 0\n");
  EXPECT_EQ(differences(before, lasting_state(machine)), "");
}

}  // namespace
}  // namespace rootcellar::field
