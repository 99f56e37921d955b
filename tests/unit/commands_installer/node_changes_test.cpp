// renew and readdress on a first node in memory: everything they refuse, and stopped anywhere.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/program.h"
#include "tests/support/failing_host.h"
#include "tests/support/proc_texts.h"
#include "tests/support/thrown.h"
#include "tests/unit/commands_installer/rack_fixture.h"
#include "tests/unit/commands_installer/typing_console.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar {
namespace {

using test::bad;
using test::good;
using test::has;
using test::Machine;
using test::Rack;

constexpr const char* k_manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
constexpr const char* k_second_lan = "eth1\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\n";  // 198.51.100.0

void set_addresses(Machine& machine, const std::vector<std::string>& addresses) {
  machine.host().add_file("/proc/net/fib_trie", test::fib_trie(addresses));
}

class NodeChanges : public ::testing::Test {
 protected:
  NodeChanges() {
    const cli::Captured ran = rack_.install_first();
    if (ran.exit_code != 0) throw InputError(ran.err);
    first().host().add_file("/etc/kubernetes/pki/ca.key", "a key");
  }
  std::string err(const std::vector<std::string>& words) { return rack_.stable(first().run(words).err); }
  Machine& first() { return rack_.first(); }

  Rack rack_;
};

TEST_F(NodeChanges, WithTheSameAddressThereIsNothingToDo) {
  EXPECT_EQ(err({"readdress", "--yes"}), "The cluster knows this machine by 192.0.2.7 already: there is nothing to do.\n");
  EXPECT_EQ(first().run({"readdress"}).exit_code, 0);
}

TEST_F(NodeChanges, ReaddressRefusesWhatTheMachineHasNot) {
  set_addresses(first(), {"192.0.2.40"});
  EXPECT_EQ(err({"readdress", "--address", "192.0.2.41"}),
            "error: cannot readdress: 192.0.2.41 is not an address of this machine, which has 192.0.2.40\n");
  set_addresses(first(), {"192.0.2.40", "198.51.100.7"});
  first().host().add_file("/proc/net/route", test::route_table({test::k_lan, k_second_lan}));
  EXPECT_EQ(err({"readdress"}),
            "error: cannot readdress: this machine has several addresses: 192.0.2.40, 198.51.100.7\nhint: say which with --address\n");
  set_addresses(first(), {"192.0.2.40"});
  first().host().add_file("/proc/net/route", test::route_table({test::k_lan}));
  EXPECT_EQ(err({"readdress"}),
            "error: cannot readdress: this machine has no default route any more, and pods reach services only with one\n"
            "hint: set it first\n");
  set_addresses(first(), {"127.0.0.1"});
  EXPECT_EQ(err({"readdress"}), "error: cannot readdress: this machine has no address in a network\nhint: give it one first\n");
  EXPECT_EQ(first().run({"readdress"}).exit_code, 6);
}

TEST_F(NodeChanges, AskBeforeAnythingChanges) {
  set_addresses(first(), {"192.0.2.40"});
  const auto before = test::visible(first().host());
  const cli::Captured moved = first().run({"readdress"});
  EXPECT_EQ(moved.err, "error: cannot ask whether to readdress: this is no terminal\nhint: give --yes\n");
  EXPECT_TRUE(moved.out.starts_with("This machine was 192.0.2.7 and is 192.0.2.40. What says so is changed:\n  - ")) << moved.out;
  EXPECT_TRUE(moved.out.ends_with("The API server does not answer for about a minute; pods run on.\n")) << moved.out;
  const cli::Captured renewed = first().run({"renew"});
  EXPECT_EQ(renewed.err, "error: cannot ask whether to renew: this is no terminal\nhint: give --yes\n");
  EXPECT_EQ(renewed.out,
            "Makes every certificate of this node anew by its kubeadm, for a year from now, and restarts etcd, the API server, the "
            "controllers,\nthe scheduler and the kubelet. The API server does not answer for about a minute; pods run on.\n");
  EXPECT_EQ(test::difference(before, test::visible(first().host())), "");
}

TEST_F(NodeChanges, AnotherAnswerThanYesEndsThem) {
  for (const std::string verb : {"renew", "readdress"}) {
    test::TypingConsole console({"y"});
    EXPECT_EQ(test::message_of([&] { confirm(false, verb, console); }), "the answer was not 'yes'");
    EXPECT_EQ(console.said, cat("Type 'yes' to ", verb, ": "));
    test::TypingConsole agrees({" yes "});
    EXPECT_NO_THROW(confirm(false, verb, agrees));
  }
}

TEST_F(NodeChanges, NotBesideAnInstallation) {
  first().host().set_tool("/usr/bin/systemctl", [](MemoryHost&, const ToolCall&) { return good("active\n"); });
  for (const std::string verb : {"renew", "readdress"})
    EXPECT_EQ(err({verb, "--yes"}), cat("error: cannot ", verb,
                                        ": an installation is running\nhint: look at it with 'rootcellar-install resume', and wait for "
                                        "its end\n"));
}

TEST_F(NodeChanges, NotOnAWorker) {
  const std::string ticket = rack_.make_ticket();
  ASSERT_EQ(rack_.join(rack_.second(), ticket).exit_code, 0);
  EXPECT_EQ(rack_.second().run({"readdress", "--yes"}).err,
            "error: cannot readdress: this machine joined a cluster\n"
            "hint: run 'rootcellar-install uninstall' here, and join it again\n");
  EXPECT_EQ(rack_.second().run({"renew", "--yes"}).err,
            "error: cannot renew: this machine does not have the cluster's authority (/etc/kubernetes/pki/ca.key)\n"
            "hint: the kubelet of a worker renews its certificate by itself; run it on the control-plane node\n");
}

TEST(NodeChangesBefore, TheInstallationMustBeComplete) {
  Rack rack;
  rack.first().host().set_tool("/usr/local/bin/kubeadm", [](MemoryHost&, const ToolCall&) { return bad(1, "no"); });
  ASSERT_NE(rack.install_first().exit_code, 0);
  for (const std::string verb : {"renew", "readdress"})
    EXPECT_EQ(rack.first().run({verb, "--yes"}).err,
              cat("error: cannot ", verb, ": the installation is not complete\nhint: finish it with 'rootcellar-install resume'\n"));
}

TEST_F(NodeChanges, AKubeadmThatFailsIsSaidAndRenewBeginsAnew) {
  first().host().set_tool("/usr/local/bin/kubeadm", [](MemoryHost&, const ToolCall&) { return bad(1, "certificate missing"); });
  EXPECT_EQ(err({"renew", "--yes"}), "error: cannot run '/usr/local/bin/kubeadm': exit status 1: certificate missing\n"
                                     "hint: its whole output is in /var/log/rootcellar/renew.log\n");
  test::set_up_node_tools(first().host());
  EXPECT_EQ(first().run({"renew", "--yes"}).exit_code, 0);
}

TEST_F(NodeChanges, ASilentEtcdIsSaidAndResumeGoesOn) {
  set_addresses(first(), {"192.0.2.40"});
  first().host().set_tool("/usr/local/bin/kubectl", [](MemoryHost&, const ToolCall& call) {
    return has(call, "--server") ? bad(1, "error: EOF") : good(R"({"items":[]})");
  });
  EXPECT_EQ(err({"readdress", "--yes", "-q"}),
            "error: cannot ask etcd: exit status 1: error: EOF\n  while make the cluster\n"
            "hint: its whole output is in /var/log/rootcellar/kubeadm-init.log\n"
            "48 of 57 steps are done and stay; run 'rootcellar-install resume' to go on\n");
  test::set_up_cluster_tools(first().host());
  EXPECT_EQ(first().run({"resume"}).exit_code, 0);
  EXPECT_EQ(first().file(k_manifest), "    - --advertise-address=192.0.2.40\n");
  EXPECT_EQ(first().file(test::k_etcd_peer), "192.0.2.40");
}

/// Runs a command under a host that dies at every call of it, and again as a person would; what is there then is compared.
class StoppedAnywhere : public NodeChanges {
 protected:
  void expect_same_end(const std::vector<std::string>& words, const std::vector<std::string>& again) {
    MemoryHost& host = first().host();
    const MemoryHost installed = host;
    ASSERT_EQ(first().run(words).exit_code, 0);
    const auto after = test::visible(host);
    ASSERT_NE(test::difference(test::visible(installed), after), "");
    std::uint64_t call = 1;
    for (bool reached = true; reached; ++call) {
      host = installed;
      FailingHost failing(host, call, FailingHost::Failure::kill_after);
      Surroundings stopping{.host = failing, .paths = {}, .version = "0.1.0", .lock = first().surroundings().lock, .jobs = 1};
      try {
        cli::run_captured(installer_program(stopping), words);
      } catch (const Killed&) {
        host.cut_power();
      }
      reached = failing.failed();
      if (!again.empty()) first().run(again);
      ASSERT_EQ(first().run(words).exit_code, 0) << "after call " << call << ": " << first().run(words).err;
      ASSERT_EQ(test::difference(without_logs(after), without_logs(test::visible(host))), "") << "after call " << call;
    }
    EXPECT_GT(call, 20u);
  }

 private:
  static MemoryTree without_logs(MemoryTree tree) {
    std::erase_if(tree, [](const auto& entry) { return entry.first.starts_with("/var/log/"); });
    return tree;
  }
};

TEST_F(StoppedAnywhere, RenewBeginsAnew) { expect_same_end({"renew", "--yes"}, {}); }

TEST_F(StoppedAnywhere, ReaddressGoesOn) {
  set_addresses(first(), {"192.0.2.40"});
  expect_same_end({"readdress", "--yes"}, {"resume", rack_.stick()});
}

}  // namespace
}  // namespace rootcellar
