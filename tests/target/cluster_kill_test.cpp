// A cluster's installation and uninstallation, killed in the middle of kubeadm, kubectl, helm and a wait, and with the power gone.
// tests/e2e/cluster_kill.sh runs it. Needs root, and the stick and key that ClusterSite asks for.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/text.h"
#include "tests/target/field/cluster_site.h"

namespace rootcellar::field {
namespace {

using Kind = JournalRecord::Kind;

constexpr const char* k_resume = "/usr/local/sbin/rootcellar-install resume -q";
// The shell becomes the program, so that the number in the file is the program's.
constexpr const char* k_uninstall = "echo $BASHPID > /root/step.pid; exec /usr/local/sbin/rootcellar-install uninstall --yes -q";
constexpr const char* k_killed =
    "exit 5\n"
    "error: 'rootcellar-install.service' ended without a word\n"
    "hint: see '/var/log/rootcellar/unit.log'\n"
    "run 'rootcellar-install resume' to go on, or 'rootcellar-install uninstall' to take it back\n";

/// What an installation that nobody disturbed comes to.
struct Calm {
  HostSnapshot state;
  std::string steps, purpose;
};

const Calm& calm() {
  static const Calm made = [] {
    ClusterSite site("calm");
    EXPECT_EQ(without_warnings(site.machine.begin("step", ClusterSite::install_command())().text), "exit 0\n");
    Calm result{{}, site.steps(), site.purpose()};
    result.state = site.state();
    return result;
  }();
  return made;
}

void expect_as_calm(ClusterSite& site) {
  EXPECT_EQ(site.machine.installed({"status"}).text, "exit 0\n");
  EXPECT_EQ(site.steps(), calm().steps);
  EXPECT_EQ(site.purpose(), calm().purpose);
  EXPECT_EQ(differences(calm().state, site.state()), "");
}

/// The unit dies as soon as `moment` has come.
void kill_at(ClusterSite& site, const std::string& what, const std::string& command, const std::function<bool()>& moment) {
  SCOPED_TRACE(what);
  const auto end = site.machine.begin("step", command);
  EXPECT_TRUE(Machine::await(moment, [&] { return site.has_ended(); })) << "it had ended before";
  site.kill_unit();
  EXPECT_EQ(without_warnings(end().text), k_killed);
  EXPECT_EQ(site.machine.installed({"status"}).exit_code, 1);
}

/// kubeadm has its keys, etcd its first data, and nothing answers yet or for long.
bool waits_for_control_plane(ClusterSite& site) {
  return site.machine.exists("/etc/kubernetes/kubelet.conf") && site.machine.exists("/var/lib/etcd/member");
}

TEST(ClusterStop, AnUndisturbedInstallationIsGood) {
  EXPECT_EQ(calm().steps.find(": false"), std::string::npos) << calm().steps;
  EXPECT_GE(std::count(calm().steps.begin(), calm().steps.end(), '\n'), 80);
  EXPECT_EQ(calm().purpose, "Succeeded\n10 Running\n2 Succeeded\nweb lab deployed web-0.1.0\n");
}

TEST(ClusterStop, KilledInKubeadmInKubectlInHelmAndInAWait) {
  ClusterSite site("ckill");
  Machine& machine = site.machine;
  site.watch("definition", "customresourcedefinitions");
  site.watch("release", "secrets --selector owner=helm,status=pending-install");
  kill_at(site, "kubeadm makes its keys", ClusterSite::install_command(), [&] { return machine.exists("/etc/kubernetes/pki/ca.crt"); });
  kill_at(site, "kubeadm waits for its control plane", k_resume, [&] { return waits_for_control_plane(site); });
  kill_at(site, "kubectl applies", k_resume, [&] { return site.seen("definition"); });
  kill_at(site, "helm installs", k_resume, [&] { return site.seen("release"); });
  kill_at(site, "a wait", k_resume, [&] { return site.has_record(Kind::begin, "wait-workflow-workflow-hello"); });
  EXPECT_EQ(without_warnings(machine.begin("step", k_resume)().text), "exit 0\n");
  expect_as_calm(site);

  const auto end = machine.begin("step", k_uninstall);
  EXPECT_TRUE(Machine::await([&] { return site.has_record(Kind::undo_begin, "kubeadm-init") && !machine.exists("/var/lib/etcd/member"); },
                             [&] { return site.has_ended(); }));
  machine.shell("kill -KILL $(cat /root/step.pid)");
  EXPECT_EQ(end().exit_code, 137);
  EXPECT_EQ(machine.begin("step", k_uninstall)().text, "exit 0\n");
  site.clean_up();
  EXPECT_EQ(differences(site.before, lasting_state(machine)), "");
}

TEST(ClusterStop, PowerGoneInKubeadm) {
  ClusterSite site("cpower");
  Machine& machine = site.machine;
  const auto end = machine.begin("step", ClusterSite::install_command());
  ASSERT_TRUE(Machine::await([&] { return waits_for_control_plane(site); }, [&] { return site.has_ended(); })) << end().text;
  machine.host().power_cut();
  machine.host().boot();
  EXPECT_EQ(machine.installed({"status"}).exit_code, 1);
  EXPECT_EQ(without_warnings(machine.begin("step", k_resume)().text), "exit 0\n");
  expect_as_calm(site);
}

}  // namespace
}  // namespace rootcellar::field
