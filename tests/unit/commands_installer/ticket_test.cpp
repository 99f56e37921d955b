#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/plan/ticket.h"
#include "tests/unit/commands_installer/rack_fixture.h"
#include "tests/unit/commands_installer/site_fixture.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar {
namespace {

using test::Rack;

constexpr const char* k_nodes = R"({"items":[
  {"metadata":{"name":"bench7","labels":{"rootcellar/role.web":"yes","web":"yes"}},"status":{"conditions":[{"type":"Ready","status":"True"}]}},
  {"metadata":{"name":"bench8","labels":{"rootcellar/role.db":"yes"}},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]})";

std::string key_words(Rack& rack) { return PublicKey::parse(rack.first().file("/etc/rootcellar/site.pub"), "site").fingerprint_words(); }

JoinTicket read_ticket(Rack& rack) { return open_sealed_ticket(read_sealed_ticket(rack.first().file("/root/t"), "t"), "t"); }

TEST(TicketCommand, WritesATicketAndSaysTheSixWords) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  const cli::Captured ran = rack.first().run({"ticket", "-o", "/root/t"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const JoinTicket ticket = read_ticket(rack);
  EXPECT_EQ(ran.out, cat("ticket       /root/t\nlets join    workers with lab-cpu-3-amd64\nuntil        ", format_time(ticket.expires),
                         "\nsix words    ", key_words(rack), "\n"));
  EXPECT_EQ(ran.err,
            "Write the six words on paper: each machine that joins asks for them once. The ticket is a secret: erase it when all have "
            "joined.\n");
  EXPECT_EQ(rack.first().host().status("/root/t")->mode, 0600u);
  EXPECT_EQ(ticket.expires - ticket.made, 86400);
  EXPECT_EQ(ticket.registry, "192.0.2.7:5000");
  EXPECT_EQ(ticket.certificate_key, "");
  EXPECT_EQ(ticket.machines.size(), 3u);
}

TEST(TicketCommand, TheSecretsAreInTheTicketAndNowhereElse) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  ASSERT_EQ(rack.first().run({"ticket", "-o", "/root/t", "--control-plane"}).exit_code, 0);
  const JoinTicket ticket = read_ticket(rack);
  EXPECT_EQ(ticket.certificate_key.size(), 64u);
  EXPECT_EQ(ticket.expires - ticket.made, 7200);
  rack.first().host().remove("/root/t");
  EXPECT_FALSE(rack.first().is_anywhere(ticket.token));
  EXPECT_FALSE(rack.first().is_anywhere(ticket.certificate_key));
}

TEST(TicketCommand, TheSameKeySignsEveryTicket) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  ASSERT_EQ(rack.first().run({"ticket", "-o", "/root/t"}).exit_code, 0);
  const PublicKey key = read_sealed_ticket(rack.first().file("/root/t"), "t").key;
  ASSERT_EQ(rack.first().run({"ticket", "-o", "/root/t", "--ttl", "3d"}).exit_code, 0);
  EXPECT_EQ(read_sealed_ticket(rack.first().file("/root/t"), "t").key, key);
  rack.first().host().add_file("/etc/rootcellar/site.pub", SecretKey::generate().public_key().file_text());
  EXPECT_EQ(rack.first().run({"ticket", "-o", "/root/t"}).err,
            cat("error: '/etc/rootcellar/site.pub' holds another key than the site's own, ", key.id_text(),
                "\nhint: machines that joined have pinned one of the two; put the file back as it was\n"));
}

TEST(TicketCommand, ItsTimeHasLimits) {
  Rack rack;
  const auto refusal = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"ticket", "-o", "/root/t"});
    return rack.first().run(more).err;
  };
  for (const char* time : {"9m", "8d", "24", "h", "1w", "-1h"}) {
    EXPECT_EQ(refusal({cat("--ttl=", time)}),
              cat("error: --ttl: expected a time from 10m to 7d, found '", time, "'\nhint: give it like 90m, 24h or 3d\n"));
  }
  EXPECT_EQ(refusal({"--control-plane", "--ttl", "3h"}),
            "error: --ttl: expected at most 2h with --control-plane, found '3h'\n"
            "hint: kubeadm keeps the certificates for joining control-plane nodes that long\n");
}

TEST(TicketCommand, OnlyTheFirstNodeMakesOne) {
  Rack rack;
  EXPECT_EQ(rack.second().run({"ticket", "-o", "/root/t"}).err,
            "error: cannot make a ticket: nothing is installed here\nhint: run it on the cluster's first node\n");
  ASSERT_EQ(rack.install_first().exit_code, 0);
  ASSERT_EQ(rack.join(rack.second(), rack.make_ticket()).exit_code, 0);
  EXPECT_EQ(rack.second().run({"ticket", "-o", "/root/t"}).err,
            "error: cannot make a ticket: this machine joined the cluster of 192.0.2.7\nhint: run it there, on the first node\n");
  rack.first().host().set_root(false);
  EXPECT_EQ(rack.first().run({"ticket", "-o", "/root/t"}).err,
            "error: cannot make a ticket: only root can\nhint: begin the command with 'sudo'\n");
}

TEST(TicketCommand, ABundleWithoutAClusterHasNone) {
  test::Site site;
  ASSERT_EQ(site.run({"install", site.write_bundle(), "--trust", site.write_key(test::first_key()), "--yes"}).exit_code, 0);
  EXPECT_EQ(site.run({"ticket", "-o", "/srv/t"}).err, "error: cannot make a ticket: 'lab-cpu-3-amd64' has no cluster\n");
}

TEST(TicketCommand, AnInstallationThatStoppedHasNone) {
  Rack rack;
  rack.first().host().set_tool("/usr/local/bin/kubeadm", [](MemoryHost&, const ToolCall&) { return test::bad(1, "no"); });
  ASSERT_EQ(rack.install_first().exit_code, 5);
  EXPECT_EQ(rack.first().run({"ticket", "-o", "/root/t"}).err,
            "error: cannot make a ticket: the installation is not complete\nhint: run 'rootcellar-install resume' first\n");
}

TEST(TicketCommand, AFileThatIsSomethingElseStays) {
  Rack rack;
  rack.first().host().add_file("/root/t", "a letter");
  EXPECT_EQ(rack.first().run({"ticket", "-o", "/root/t"}).err,
            "error: '/root/t' is there already and is no ticket\nhint: give another path\n");
  EXPECT_EQ(rack.first().file("/root/t"), "a letter");
}

TEST(TicketCommand, AFolderThatIsNotThere) {
  Rack rack;
  EXPECT_EQ(rack.first().run({"ticket", "-o", "/media/none/t"}).err,
            "error: cannot write '/media/none/t': expected a directory '/media/none', found none\nhint: give another path\n");
}

TEST(TicketCommand, ASiteKeyThatIsGone) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  rack.first().host().remove("/var/lib/rootcellar/secrets/_site-key");
  EXPECT_EQ(rack.first().run({"ticket", "-o", "/root/t"}).err,
            "error: cannot make a ticket: expected the site's key '/var/lib/rootcellar/secrets/_site-key', found none\n"
            "hint: it was made with the cluster\n");
}

TEST(StatusOfACluster, ListsWhoIsThereAndWhatIsLeft) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  rack.first().host().add_file(test::k_listed_nodes, k_nodes);
  const cli::Captured ran = rack.first().run({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  const std::size_t at = ran.out.find("\nmachine ");
  ASSERT_NE(at, std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.substr(at),
            "\nmachine  state           roles\n"
            "bench7   ready           web\n"
            "bench8   ready           db\n"
            "bench9   has not joined\n"
            "'bench8' lacks labels of its roles; run: kubectl label node bench8 node-role.kubernetes.io/db= --overwrite\n"
            "\ncertificate                   good until  that is\n"
            "/etc/kubernetes/admin.conf    ?           cannot be read\n"
            "/etc/kubernetes/kubelet.conf  ?           cannot be read\n"
            "/etc/kubernetes/pki/ca.crt    ?           cannot be read\n");
  EXPECT_NE(
      rack.first()
          .run({"status", "--json"})
          .out.find(
              R"("cluster":{"fault":"","machines":[{"name":"bench7","good":true,"state":"ready","roles":["web"],"missing_labels":[]})"),
      std::string::npos);
}

TEST(StatusOfACluster, ThatDoesNotAnswer) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  rack.first().host().remove(test::k_node);
  const cli::Captured ran = rack.first().run({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.out.find("\nthe cluster does not answer: cannot ask the cluster: exit status 1: The connection to the server"),
            std::string::npos)
      << ran.out;
}

TEST(UninstallOfACluster, NamesTheMachinesThatLoseIt) {
  Rack rack;
  ASSERT_EQ(rack.install_first().exit_code, 0);
  rack.first().host().add_file(test::k_listed_nodes, k_nodes);
  const cli::Captured ran = rack.first().run({"uninstall", "--yes"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("The cluster ends with this first node. Uninstall before, each on itself: bench8\n"), std::string::npos)
      << ran.out;
  EXPECT_FALSE(rack.first().host().exists("/var/lib/rootcellar/secrets"));
}

}  // namespace
}  // namespace rootcellar
