// The ports of a cluster's machine, and a firewall that the site has in front of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_cluster_answers;
using test::sample_cluster_index;
using test::sample_header;
using test::sample_node_facts;
using test::sample_ticket;
using Texts = std::vector<std::string>;

/// With flannel's port, and a registry that the LAN reaches.
Index site_index() {
  Index index = sample_cluster_index();
  index.appliance.registry.listen = "0.0.0.0:5000";
  index.appliance.cluster.ports = {{"flannel, between machines", 8472, 8472, "udp", "nodes"}, {"an ingress", 80, 81, "tcp", "everyone"}};
  return index;
}

Facts behind(Firewall firewall) {
  Facts facts = sample_node_facts();
  facts.node.firewalls = {std::move(firewall)};
  return facts;
}

const OpenFirewall* opened(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (const auto* action = std::get_if<OpenFirewall>(&step.action)) return action;
  }
  return nullptr;
}

bool forwards_all(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) { return step.id == "forward"; });
}

Texts port_lines(const Plan& plan) {
  Texts lines;
  for (const OpenedPort& port : plan.ports) {
    if (!port.from.empty())
      lines.push_back(cat(port.address, " ", port.port, "-", port.last, "/", port.protocol, " ", port.purpose, " <- ", port.from));
  }
  return lines;
}

TEST(Firewalls, PortsOfAControlPlaneAreListedWithWhoMustReachThem) {
  const Plan plan = make_plan(sample_header(), site_index(), sample_node_facts(), sample_cluster_answers());
  EXPECT_EQ(port_lines(plan),
            (Texts{"192.0.2.7 6443-0/tcp Kubernetes' API server, for whoever has a key of the cluster <- everyone",
                   "192.0.2.7 2379-0/tcp etcd, for the API servers <- the cluster's machines",
                   "192.0.2.7 2380-0/tcp etcd, for other control-plane nodes <- the cluster's machines",
                   "127.0.0.1 10257-0/tcp kube-controller-manager <- this machine alone",
                   "127.0.0.1 10259-0/tcp kube-scheduler <- this machine alone",
                   "192.0.2.7 10250-0/tcp the kubelet, for the API server <- the cluster's machines",
                   "192.0.2.7 10256-0/tcp kube-proxy's health <- the cluster's machines",
                   "127.0.0.1 10248-0/tcp the kubelet's health <- this machine alone",
                   "127.0.0.1 10249-0/tcp kube-proxy's numbers <- this machine alone",
                   "192.0.2.7 8472-0/udp flannel, between machines <- the cluster's machines", "192.0.2.7 80-81/tcp an ingress <- everyone",
                   "192.0.2.7 30000-32767/tcp services of type NodePort <- everyone",
                   "192.0.2.7 30000-32767/udp services of type NodePort <- everyone"}));
}

TEST(Firewalls, PortsOfAWorkerAreFewer) {
  const Plan plan = make_join_plan(sample_header(), site_index(), sample_node_facts(), sample_cluster_answers(), sample_ticket());
  const Texts lines = port_lines(plan);
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines.front(), "192.0.2.7 10250-0/tcp the kubelet, for the API server <- the cluster's machines");
}

TEST(Firewalls, UfwIsOpened) {
  const Plan plan = make_plan(sample_header(), site_index(), behind({"ufw", "/etc/ufw/ufw.conf", ""}), sample_cluster_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  ASSERT_NE(opened(plan), nullptr);
  EXPECT_EQ(opened(plan)->kind, "ufw");
  EXPECT_FALSE(forwards_all(plan)) << "what else is forwarded is for ufw's people to say";
  EXPECT_EQ(opened(plan)->rules,
            (Texts{"allow from 10.244.0.0/16", "route allow from 10.244.0.0/16", "route allow to 10.244.0.0/16",
                   "allow 80:81,5000,6443,30000:32767/tcp", "allow from 192.0.2.0/24 to any port 2379,2380,10250,10256 proto tcp",
                   "allow from 192.0.2.0/24 to any port 8472 proto udp", "allow 30000:32767/udp"}));
  EXPECT_EQ(plan.cautions.front(), "the firewall lets in what machines of the cluster send from 192.0.2.0/24, and from no other network");
}

TEST(Firewalls, FirewalldIsOpened) {
  const Plan plan = make_plan(sample_header(), site_index(), behind({"firewalld", "firewalld.service", ""}), sample_cluster_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  ASSERT_NE(opened(plan), nullptr);
  EXPECT_EQ(opened(plan)->interface, "eth0");
  EXPECT_TRUE(forwards_all(plan)) << "docker's own policy";
  const std::string lan = "rich-rule rule family=\"ipv4\" source address=\"192.0.2.0/24\" port port=\"";
  EXPECT_EQ(opened(plan)->rules,
            (Texts{"source 10.244.0.0/16", "port 80-81/tcp", "port 5000/tcp", "port 6443/tcp", "port 30000-32767/tcp",
                   lan + "2379\" protocol=\"tcp\" accept", lan + "2380\" protocol=\"tcp\" accept", lan + "10250\" protocol=\"tcp\" accept",
                   lan + "10256\" protocol=\"tcp\" accept", lan + "8472\" protocol=\"udp\" accept", "port 30000-32767/udp"}));
}

constexpr const char* k_own = "flush ruleset\ntable inet filter {\n  chain input {\n    type filter hook input priority 0; policy drop;\n";

TEST(Firewalls, RulesOfSomebodysOwnAreRefusedWithTheLinesToAdd) {
  const Plan plan = make_plan(sample_header(), site_index(), behind({"nftables", "/etc/nftables.conf", k_own}), sample_cluster_answers());
  EXPECT_EQ(opened(plan), nullptr);
  EXPECT_EQ(
      plan.refusals,
      Texts{"the firewall of /etc/nftables.conf drops what nodes and pods say to each other, and its rules are somebody's own: add there "
            "in the "
            "chain at hook input, before what drops: 'ip saddr 10.244.0.0/16 accept', 'tcp dport { 80-81, 5000, 6443, 30000-32767 } "
            "accept', 'ip saddr 192.0.2.0/24 tcp dport { 2379, 2380, 10250, 10256 } accept', 'ip saddr 192.0.2.0/24 udp dport { 8472 } "
            "accept', 'udp dport { 30000-32767 } accept'; in every chain at hook forward: 'ip saddr 10.244.0.0/16 accept', 'ip daddr "
            "10.244.0.0/16 accept'; load them with 'systemctl restart nftables'"});
}

TEST(Firewalls, RulesOfSomebodysOwnThatHaveTheLinesAreLeftAlone) {
  const std::string own =
      cat(k_own, "\tip  saddr 10.244.0.0/16 accept;\n  tcp dport { 80-81, 5000, 6443, 30000-32767 } accept\n",
          "  ip saddr 192.0.2.0/24 tcp dport { 2379, 2380, 10250, 10256 } accept\n  ip saddr 192.0.2.0/24 udp dport { 8472 } accept\n",
          "  udp dport { 30000-32767 } accept\n  ip daddr 10.244.0.0/16 accept\n");
  const Plan plan = make_plan(sample_header(), site_index(), behind({"nftables", "/etc/nftables.conf", own}), sample_cluster_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(opened(plan), nullptr);
}

TEST(Firewalls, SavedRulesAreRefusedWithTheLinesToAdd) {
  const Firewall saved{"netfilter-persistent", "/etc/iptables/rules.v4", "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"};
  const Plan plan = make_plan(sample_header(), sample_cluster_index(), behind(saved), sample_cluster_answers());
  EXPECT_EQ(
      plan.refusals,
      Texts{
          "the firewall of /etc/iptables/rules.v4 drops what nodes and pods say to each other, and its rules are somebody's own: add there "
          "before what drops: '-A INPUT -s 10.244.0.0/16 -j ACCEPT', '-A INPUT -p tcp -m multiport --dports 6443,30000:32767 -j ACCEPT', "
          "'-A INPUT -s 192.0.2.0/24 -p tcp -m multiport --dports 2379,2380,10250,10256 -j ACCEPT', '-A INPUT -p udp -m multiport "
          "--dports 30000:32767 -j ACCEPT'; load them with 'systemctl restart netfilter-persistent'"});
}

TEST(Firewalls, FollowAnAddressIntoAnotherNetwork) {
  NodeFacts node;
  node.routes = {{"eth1", {0xc6336400, 24}, 0, 0}};
  OpenFirewall ufw{"ufw", "", {"allow from 10.244.0.0/16", "allow from 192.0.2.0/24 to any port 8472 proto udp", "allow 6443/tcp"}};
  follow_network(ufw, "192.0.2.7", "198.51.100.9", node);
  EXPECT_EQ(ufw.rules, (Texts{"allow from 10.244.0.0/16", "allow from 198.51.100.0/24 to any port 8472 proto udp", "allow 6443/tcp"}));
  const std::string head = "rich-rule rule family=\"ipv4\" source address=\"", tail = "\" port port=\"8472\" protocol=\"udp\" accept";
  OpenFirewall firewalld{"firewalld", "eth0", {head + "192.0.2.0/24" + tail}};
  follow_network(firewalld, "192.0.2.7", "198.51.100.9", node);
  EXPECT_EQ(firewalld.rules, Texts{head + "198.51.100.0/24" + tail});
  EXPECT_EQ(firewalld.interface, "eth1");
  const OpenFirewall before = firewalld;
  follow_network(firewalld, "198.51.100.9", "203.0.113.5", node);
  EXPECT_EQ(firewalld.rules, before.rules) << "it is not known which network that is in";
}

TEST(Firewalls, TwoOfThemAreMentioned) {
  Facts facts = behind({"ufw", "/etc/ufw/ufw.conf", ""});
  facts.node.firewalls.push_back({"firewalld", "firewalld.service", ""});
  facts.node.routes = {{"eth0", {0, 0}, 0xc0000201, 100}};
  const Plan plan = make_plan(sample_header(), site_index(), facts, sample_cluster_answers());
  ASSERT_GE(plan.cautions.size(), 2u);
  EXPECT_EQ(plan.cautions[0], "more than one firewall is set up here: what one lets through, another may drop");
  EXPECT_EQ(plan.cautions[1],
            "the firewall lets in what machines of the cluster send from anywhere: it is not known which network they are in");
}

}  // namespace
}  // namespace rootcellar
