// A rack in memory: the first node is installed, makes tickets, and other machines join by them, stop, go on and leave.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/commands/join_ticket.h"
#include "installer/commands/program.h"
#include "tests/support/failing_host.h"
#include "tests/unit/bundle/bundle_fixture.h"
#include "tests/unit/commands_installer/rack_fixture.h"
#include "tests/unit/commands_installer/typing_console.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar {
namespace {

using test::bad;
using test::error_of;
using test::Rack;
using test::TypingConsole;

constexpr const char* k_kubeadm = "/usr/local/bin/kubeadm";
constexpr const char* k_token = "abcdef.0123456789abcdef";
constexpr const char* k_secrets = "/var/lib/rootcellar/secrets";

/// With a first node and a ticket of it on the stick.
struct Joining {
  Rack rack;
  cli::Captured first = rack.install_first();
  std::string ticket;
  explicit Joining(const std::vector<std::string>& more = {}) {
    if (first.exit_code != 0) throw InputError(first.err);
    ticket = rack.make_ticket(more);
  }
  std::string refusal(const std::vector<std::string>& more = {}) { return rack.stable(rack.join(rack.second(), ticket, more).err); }
  /// The key that signed the ticket.
  PublicKey site_key() { return PublicKey::parse(read_file(rack.site_key(), 4096), "site"); }
};

TEST(Join, AWorkerJoinsByTheTicketAlone) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  const cli::Captured ran = joining.rack.join(machine, joining.ticket);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_TRUE(machine.host().exists("/etc/kubernetes/kubelet.conf"));
  EXPECT_FALSE(machine.host().exists("/etc/kubernetes/admin.conf"));
  EXPECT_FALSE(machine.is_anywhere(k_token));
  EXPECT_FALSE(machine.host().exists(k_secrets));
  EXPECT_EQ(machine.file("/etc/rootcellar/site.pub"), joining.site_key().file_text());
  EXPECT_EQ(machine.file("/etc/rootcellar/trust.yaml"), joining.rack.first().file("/etc/rootcellar/trust.yaml"));
  EXPECT_NE(machine.file("/etc/containerd/certs.d/registry.k8s.io/hosts.toml").find("http://192.0.2.7:5000/v2/registry.k8s.io"),
            std::string::npos);
  EXPECT_EQ(machine.run({"status"}).exit_code, 0) << machine.run({"status"}).out;
}

TEST(Join, ResumePutsImagesRightThatLostTheirPin) {
  Joining joining;
  test::Machine& machine = joining.rack.first();
  const std::string complete = "The installation is complete: there is nothing to resume.\n";
  EXPECT_EQ(machine.run({"resume"}).err, complete);
  const test::Lines images = test::read_lines(machine.host(), "/fake/cri");
  test::Lines unpinned = images;
  std::erase_if(unpinned, [](const std::string& line) { return line.ends_with(" pinned"); });
  ASSERT_NE(unpinned, images);
  test::write_lines(machine.host(), "/fake/cri", unpinned);
  const std::string lost = "lost its pin; 'rootcellar-install resume' pins it again";
  EXPECT_NE(machine.run({"status"}).out.find(lost), std::string::npos);
  const cli::Captured ran = machine.run({"resume"});
  EXPECT_EQ(ran.err, "The installation is complete. Put right: docker.io/library/registry:2, registry.k8s.io/pause:3.10.1.\n");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(test::read_lines(machine.host(), "/fake/cri"), images);
  EXPECT_EQ(machine.run({"status"}).out.find(lost), std::string::npos);
  EXPECT_EQ(machine.run({"resume"}).err, complete);
}

TEST(Join, AControlPlaneNodeJoinsWithTheKeyOfTheCertificates) {
  Joining joining({"--control-plane"});
  test::Machine& machine = joining.rack.second();
  const cli::Captured ran = joining.rack.join(machine, joining.ticket, {"--control-plane"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_TRUE(machine.host().exists("/etc/kubernetes/admin.conf"));
  EXPECT_FALSE(machine.is_anywhere(k_token));
  EXPECT_FALSE(machine.host().exists(k_secrets));
}

TEST(Join, ThePlanIsShownBeforehandAndNothingIsKept) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  const MemoryTree before = machine.host().tree();
  const cli::Captured ran = machine.run({"plan", joining.rack.stick(), "--join", joining.ticket, "--trust", joining.rack.site_key()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("This machine becomes a worker of the cluster at cluster.internal, 192.0.2.7.\n"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Kubernetes lets no worker give itself the label node-role.kubernetes.io/db="), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find(k_token), std::string::npos);
  EXPECT_EQ(machine.host().tree(), before);
}

// A later bundle needs no ticket: the journal says which cluster this machine is in.
TEST(Join, AJoinedMachineIsPlannedAsOne) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  ASSERT_EQ(joining.rack.join(machine, joining.ticket).exit_code, 0);
  const cli::Captured ran = machine.run({"plan", joining.rack.stick()});
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_NE(ran.out.find("This machine becomes a worker of the cluster at cluster.internal, 192.0.2.7.\n"), std::string::npos) << ran.out;
}

// The key on the machine that joins is the site's: it vouches for the bundle's signers, so there is one thing to compare.
TEST(Join, SixWordsOfTheSiteAreEnough) {
  Joining joining;
  TypingConsole console({"wrong", joining.site_key().fingerprint_words()});
  const auto opened = open_ticket({joining.ticket, false}, std::nullopt, KeptState(joining.rack.second().surroundings()), console);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->signers.keys.at(0).key, test::first_key().public_key());
  EXPECT_EQ(opened->ticket.token, k_token);
  EXPECT_EQ(console.said,
            "This machine has not met this site. The site's key has six words, shown where the ticket was made.\n"
            "the six words: These are not the words of the key that signed this ticket; 2 tries left.\nthe six words: ");
}

TEST(Join, OtherWordsThreeTimes) {
  Joining joining;
  TypingConsole console({"a", "b", "c"});
  EXPECT_EQ(joining.rack.stable(error_of([&] {
    open_ticket({joining.ticket, false}, std::nullopt, KeptState(joining.rack.second().surroundings()), console);
  })),
            "error: cannot trust 'DIR/stick/join.ticket': the words typed are not those of the key that signed it\n"
            "hint: they were shown where the ticket was made; 'rootcellar-install ticket' shows them again\n");
}

TEST(Join, WithoutATerminalTheKeyMustComeFromSomewhere) {
  Joining joining;
  const MemoryTree before = joining.rack.second().host().tree();
  const cli::Captured ran = joining.rack.second().run({"install", joining.rack.stick(), "--join", joining.ticket, "--yes"});
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_EQ(joining.rack.stable(ran.err),
            "error: cannot trust 'DIR/stick/join.ticket': this machine has pinned no site's key yet, and no --trust was given\n"
            "hint: give --trust FILE with /etc/rootcellar/site.pub of the first node, brought another way than the ticket, or run it in a "
            "terminal and type the six words\n"
            "nothing was installed\n");
  EXPECT_EQ(joining.rack.second().host().tree(), before);
}

TEST(Join, TheBundlesKeyDoesNotVouchForTheTicket) {
  Joining joining;
  const cli::Captured ran =
      joining.rack.second().run({"install", joining.rack.stick(), "--join", joining.ticket, "--trust", joining.rack.bundle_key(), "--yes"});
  EXPECT_EQ(joining.rack.stable(ran.err),
            cat("error: cannot trust 'DIR/stick/join.ticket': it is signed by key ", joining.site_key().id_text(),
                ", which is not in 'DIR/keys/bundle.pub'\n"
                "hint: with --join, --trust names the site's key: /etc/rootcellar/site.pub of the first node, which vouches for the bundle "
                "too\nnothing was installed\n"));
}

TEST(Join, AKeyThatLiesWithTheTicketVouchesForNothing) {
  Joining joining;
  const std::string beside = path_join(joining.rack.stick(), "site.pub");
  write_file_atomically(beside, joining.site_key().file_text());
  const cli::Captured ran =
      joining.rack.second().run({"install", joining.rack.stick(), "--join", joining.ticket, "--trust", beside, "--yes"});
  EXPECT_EQ(joining.rack.stable(ran.err),
            "error: cannot trust 'DIR/stick/site.pub': it lies with the ticket it would vouch for\n"
            "hint: take the key from another way than the stick, or leave out --trust and type the six words from paper\n"
            "nothing was installed\n");
}

TEST(Join, AnAlteredTicketIsRefused) {
  Joining joining;
  std::string text = read_file(joining.ticket, 1u << 20);
  text.replace(text.find("address: \"192.0.2.7\""), 20, "address: \"192.0.2.6\"");
  write_file_atomically(joining.ticket, text);
  EXPECT_EQ(joining.refusal(),
            "error: cannot use 'DIR/stick/join.ticket': it is not what the site's key signed: it was altered or cut\n"
            "hint: make a new one with 'rootcellar-install ticket' on the first node\nnothing was installed\n");
}

TEST(Join, ATicketOfAnotherSiteThanThePinnedOneIsRefused) {
  Joining joining, elsewhere;
  ASSERT_EQ(joining.rack.join(joining.rack.second(), joining.ticket).exit_code, 0);
  EXPECT_EQ(joining.rack.stable(elsewhere.rack.stable(
                joining.rack.second().run({"install", joining.rack.stick(), "--join", elsewhere.ticket, "--yes"}).err)),
            cat("error: cannot trust 'DIR/stick/join.ticket': it is signed by key ", elsewhere.site_key().id_text(),
                ", which is not in '/etc/rootcellar/site.pub'\n"
                "hint: this machine belongs to another site, whose key it has pinned: make the ticket there, or uninstall first\n"
                "nothing was installed\n"));
}

TEST(Join, ATicketForAnotherBundleIsRefused) {
  Joining joining;
  const SecretKey key = SecretKey::generate();
  JoinTicket ticket = open_sealed_ticket(read_sealed_ticket(read_file(joining.ticket, 1u << 20), "t"), "t");
  ticket.serial = 4;
  write_file_atomically(joining.ticket, seal_ticket(ticket, key));
  write_file_atomically(joining.rack.site_key(), key.public_key().file_text());
  EXPECT_EQ(joining.refusal(),
            "error: cannot use 'DIR/stick/join.ticket': the ticket is for serial '4', and the bundle is '3'\n"
            "hint: install the bundle that the first node has, or make a ticket where this bundle is installed\nnothing was installed\n");
}

TEST(Join, AnEndedTicketIsRefused) {
  Joining joining;
  joining.rack.second().host().sleep(std::uint64_t{100'000} * 1000);
  const std::string refused = joining.refusal();
  EXPECT_NE(refused.find("cannot install 'lab-cpu-3-amd64': the ticket ended at 2027-01-16T08:"), std::string::npos) << refused;
  EXPECT_FALSE(joining.rack.second().host().exists(k_secrets));
}

TEST(Join, AWorkersTicketMakesNoControlPlaneNode) {
  Joining joining;
  EXPECT_EQ(joining.refusal({"--control-plane"}),
            "error: 'DIR/stick/join.ticket' lets workers join, and no control-plane nodes\n"
            "hint: make another with 'rootcellar-install ticket --control-plane' on the first node, or leave out --control-plane\n"
            "nothing was installed\n");
  EXPECT_EQ(joining.rack.second().run({"install", joining.rack.stick(), "--control-plane", "--yes"}).err,
            "error: --control-plane goes with --join TICKET\n"
            "hint: the first machine is a control-plane node without it\nnothing was installed\n");
}

TEST(Join, TheFirstNodeJoinsNothing) {
  Joining joining;
  const cli::Captured ran =
      joining.rack.first().run({"plan", joining.rack.stick(), "--join", joining.ticket, "--trust", joining.rack.site_key()});
  EXPECT_EQ(ran.exit_code, 6);
  EXPECT_NE(ran.out.find("  - this machine is the first node of a cluster of its own: uninstall it before it joins another\n"),
            std::string::npos)
      << ran.out;
}

// The token was used up or ended: the installation that stopped goes on with a new ticket of the same cluster.
TEST(Join, AStoppedInstallationGoesOnWithANewTicket) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  machine.host().set_tool(k_kubeadm, [](MemoryHost&, const ToolCall&) { return bad(1, "could not find a JWS signature"); });
  const cli::Captured stopped = joining.rack.join(machine, joining.ticket);
  EXPECT_EQ(stopped.exit_code, 5);
  EXPECT_EQ(machine.file(cat(k_secrets, "/join-token")), k_token);
  JoinTicket renewed = open_sealed_ticket(read_sealed_ticket(read_file(joining.ticket, 1u << 20), "t"), "t");
  renewed.token = "zzzzzz.0123456789abcdef";
  const SecretKey site = SecretKey::parse(joining.rack.first().file(cat(k_secrets, "/_site-key")), {}, "site");
  write_file_atomically(joining.ticket, seal_ticket(renewed, site));
  std::string seen;
  machine.host().set_tool(k_kubeadm, [&](MemoryHost& host, const ToolCall& call) {
    if (call.argv[1] == "join") seen = host.read_file(call.argv[3], 1u << 20).value_or("");
    if (call.argv[1] == "join") host.add_file("/etc/kubernetes/kubelet.conf", "a kubeconfig");
    host.add_file(test::k_remote_api, "");
    return test::good();
  });
  const cli::Captured ran = joining.rack.join(machine, joining.ticket);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.err.find("An earlier install stopped here; going on with it.\n"), std::string::npos) << ran.err;
  EXPECT_NE(seen.find("token: \"zzzzzz.0123456789abcdef\"\n"), std::string::npos) << seen;
  EXPECT_FALSE(machine.host().exists(k_secrets));
}

TEST(Join, AStoppedInstallationDoesNotGoOnInAnotherCluster) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  machine.host().set_tool(k_kubeadm, [](MemoryHost&, const ToolCall&) { return bad(1, "no"); });
  joining.rack.join(machine, joining.ticket);
  JoinTicket other = open_sealed_ticket(read_sealed_ticket(read_file(joining.ticket, 1u << 20), "t"), "t");
  other.ca_hash = "sha256:" + std::string(64, 'd');
  const SecretKey site = SecretKey::parse(joining.rack.first().file(cat(k_secrets, "/_site-key")), {}, "site");
  write_file_atomically(joining.ticket, seal_ticket(other, site));
  EXPECT_EQ(joining.refusal(),
            "error: cannot join by this ticket: the installation that stopped here was begun otherwise\n"
            "hint: go on with it by 'rootcellar-install resume', or take it back with 'rootcellar-install uninstall'\n"
            "nothing was installed\n");
}

TEST(Join, AWorkerIsTakenBackWithTheCommandForTheFirstNode) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  ASSERT_EQ(joining.rack.join(machine, joining.ticket).exit_code, 0);
  const cli::Captured ran = machine.run({"uninstall", "--purge-data", "--product", "lab"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("The cluster of 192.0.2.7 goes on without this machine: the pods here end. Afterwards run on its first node:\n"
                         "  kubectl delete node bench8\n"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.err.find("warning: the cluster may still list this machine: run on its first node 'kubectl delete node bench8'\n"),
            std::string::npos)
      << ran.err;
  EXPECT_FALSE(machine.host().exists("/etc/rootcellar"));
  EXPECT_FALSE(machine.host().exists("/etc/kubernetes/kubelet.conf"));
  EXPECT_EQ(machine.run({"uninstall"}).err, "Nothing is installed here.\n");
}

/// Without what the models keep of images and of the cluster's objects: these are the cluster's, or go with containerd's data.
MemoryTree machine_tree(const MemoryHost& host) {
  MemoryTree tree = test::visible(host);
  std::erase_if(tree, [](const auto& entry) {
    return entry.first == "/fake/cri" || entry.first == "/fake/pulled" || entry.first == test::k_objects;
  });
  return tree;
}

// Until the unit runs, the command itself writes: pins, secrets, the plan. Wherever it stops, the same command goes on, or all goes.
TEST(Join, StoppedAnywhereBeforeTheUnitItGoesOnOrBack) {
  Joining joining;
  const MemoryTree before = machine_tree(joining.rack.second().host());
  ASSERT_EQ(joining.rack.join(joining.rack.second(), joining.ticket).exit_code, 0);
  const MemoryTree after = machine_tree(joining.rack.second().host());
  for (const auto failure : {FailingHost::Failure::kill_before, FailingHost::Failure::kill_after}) {
    std::uint64_t call = 1;
    for (bool reached = true; reached; ++call) {
      const auto machine = joining.rack.another();
      FailingHost failing(machine->host(), call, failure);
      Surroundings stopping{.host = failing, .paths = {}, .version = "0.1.0", .jobs = 1};
      stopping.lock = machine->surroundings().lock;
      bool stopped = false;
      try {
        stopped = cli::run_captured(installer_program(stopping), joining.rack.join_words(joining.ticket)).exit_code != 0;
      } catch (const Killed&) {
        stopped = true;
      }
      reached = failing.failed();
      if (stopped) machine->host().cut_power();
      if (call % 2 == 0) {
        const cli::Captured again = joining.rack.join(*machine, joining.ticket);
        ASSERT_EQ(again.exit_code, 0) << "after call " << call << "\n" << again.err;
        ASSERT_EQ(test::difference(after, machine_tree(machine->host())), "") << "after call " << call;
      }
      ASSERT_EQ(machine->run({"uninstall", "--purge-data", "--product", "lab"}).exit_code, 0) << "after call " << call;
      ASSERT_EQ(test::difference(before, machine_tree(machine->host())), "") << "after call " << call;
    }
    EXPECT_GT(call, 80u);
  }
}

// Stopped between the secrets and the journal's plan: nothing is installed, and uninstall takes the secrets away.
TEST(Join, SecretsOfAnInstallationThatNeverBeganGoToo) {
  Joining joining;
  test::Machine& machine = joining.rack.second();
  JoinSecrets(machine.surroundings()).keep(open_sealed_ticket(read_sealed_ticket(read_file(joining.ticket, 1u << 20), "t"), "t"));
  EXPECT_TRUE(machine.is_anywhere(k_token));
  EXPECT_EQ(machine.run({"uninstall"}).exit_code, 0);
  EXPECT_FALSE(machine.is_anywhere(k_token));
  EXPECT_FALSE(machine.host().exists(k_secrets));
}

}  // namespace
}  // namespace rootcellar
