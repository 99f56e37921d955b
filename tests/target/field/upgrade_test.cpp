// A higher serial over an installed bundle, with the real apt, docker and registry: what changes, what people keep, and a stop in the middle.
#include <gtest/gtest.h>

#include "builder/rehearse/tool.h"
#include "bundle/base/text.h"
#include "tests/target/field/machine.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr const char* k_new_stick = "/media/new";
constexpr const char* k_resume = "/usr/local/sbin/rootcellar-install resume -q";
constexpr std::size_t k_records_between = 5;
const std::string k_upgrade = cat("sh ", k_new_stick, "/START.sh install --yes -q");

/// Both sticks are in: the old serial's at k_stick, the new one's at k_new_stick.
MachineSetup with_both_sticks(const std::string& name) {
  MachineSetup setup = setup_of(name, workshop().stick({"upgrade-old", 5}));
  setup.more_sticks = {{workshop().stick({"upgrade-new", 6}), k_new_stick}};
  return setup;
}

/// A machine where the old serial is installed, and people have pushed an image of their own.
struct OldSite {
  explicit OldSite(const std::string& name) : machine(with_both_sticks(name)), before(machine.snapshot()) {
    EXPECT_EQ(machine.install().text, "exit 0\n");
    EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
    machine.shell(
        "docker pull --quiet 127.0.0.1:5000/rootcellar/stays:1 && docker tag 127.0.0.1:5000/rootcellar/stays:1 127.0.0.1:5000/people/thing:7 "
        "&& docker push --quiet 127.0.0.1:5000/people/thing:7 && docker volume create people");
  }
  Machine machine;
  HostSnapshot before;
};

/// Every name and tag that the registry serves, sorted.
std::string served(Machine& machine) {
  return machine.shell(
      "cd /var/lib/rootcellar/registry/docker/registry/v2/repositories && find . -path '*/_manifests/tags/*' -prune -print | "
      "sed 's,^./,,; s,/_manifests/tags/,:,' | sort");
}

/// What the new serial has made of the machine, and what it left.
void expect_upgraded(Machine& machine) {
  EXPECT_EQ(machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(served(machine),
            "docker.io/rootcellar/stays:1\npeople/thing:7\nquay.io/rootcellar/comes:1\nquay.io/rootcellar/moves:latest\n"
            "rootcellar/stays:1\n");
  EXPECT_EQ(machine.shell("docker image rm --force 127.0.0.1:5000/people/thing:7 >/dev/null; docker pull --quiet 127.0.0.1:5000/people/thing:7; "
                          "docker run --rm 127.0.0.1:5000/people/thing:7 /bin/busybox echo runs; docker volume ls --quiet"),
            "127.0.0.1:5000/people/thing:7\nruns\npeople\n");
  EXPECT_EQ(machine.shell("cd /usr/local/share; cat upgrade/changes.txt upgrade-new/comes.txt; ls -d upgrade-old 2>/dev/null || echo gone"),
            "the new text\ncomes\ngone\n");
  EXPECT_EQ(machine.shell("dpkg-query --show --showformat '${Package} ${db:Status-Abbrev}\\n' jq tree; apt-mark showhold | grep -x tree"),
            "jq hi \ntree hi \ntree\n");
  EXPECT_EQ(machine.shell("sed -n 's/.*\"max-file\": //p' /etc/docker/daemon.json"), "\"4\"\n");
}

/// And nothing but what people made is left of either serial.
void expect_given_back(OldSite& site) {
  Machine& machine = site.machine;
  const Answer uninstalled = machine.installed({"uninstall", "--yes"});
  EXPECT_EQ(uninstalled.text, "exit 0\n");
  EXPECT_TRUE(uninstalled.output.ends_with("\nImages that people pushed, kept:\n  - people/thing:7\n")) << uninstalled.output;
  EXPECT_EQ(served(machine), "people/thing:7\n");
  machine.shell("rm -f /root/step.*");
  EXPECT_EQ(differences(site.before, machine.snapshot()), "");
}

TEST(Upgrade, OverAnInstalledSerial) {
  OldSite site("up");
  Machine& machine = site.machine;
  const Answer upgraded = machine.begin("step", k_upgrade)();
  EXPECT_EQ(upgraded.text, "exit 0\n");
  expect_upgraded(machine);
  EXPECT_EQ(machine.begin("step", cat("sh ", k_stick, "/START.sh install --yes -q"))().text,
            "exit 6\n"
            "error: cannot install 'upgrade-default-5-amd64': this machine has seen serial 6 of 'upgrade', and the bundle is serial 5: an older "
            "bundle is never installed over a newer one\n"
            "nothing was installed\n");
  machine.host().reboot();
  expect_upgraded(machine);
  expect_given_back(site);
  machine.host().reboot();
  EXPECT_EQ(join(compare_snapshots(site.before, machine.snapshot(), true).differences, "\n"), "");
}

TEST(Upgrade, KilledAgainAndAgain) {
  OldSite site("upkill");
  Machine& machine = site.machine;
  std::size_t kills = 0;
  for (Answer last;; ++kills) {
    const std::size_t wanted = machine.journal_records() + k_records_between;
    const auto end = machine.begin("step", kills == 0 ? k_upgrade : k_resume);
    if (Machine::await([&] { return machine.journal_records() >= wanted; }, [&] { return machine.exists("/root/step.code"); }))
      machine.shell("systemctl kill --kill-whom=main --signal=KILL rootcellar-install.service || true");
    last = end();
    if (last.exit_code == 0) break;
    ASSERT_EQ(last.text,
              "exit 5\n"
              "error: 'rootcellar-install.service' ended without a word\n"
              "hint: see '/var/log/rootcellar/unit.log'\n"
              "run 'rootcellar-install resume' to go on, or 'rootcellar-install uninstall' to take it back\n");
    EXPECT_EQ(machine.installed({"status"}).exit_code, 1);
  }
  EXPECT_GE(kills, 3u);
  expect_upgraded(machine);
  expect_given_back(site);
}

}  // namespace
}  // namespace rootcellar::field
