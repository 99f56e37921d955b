// What a cluster knows of its site: names, trust, and a load balancer's addresses.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/plan/lan_site.h"
#include "installer/run/existing_step.h"
#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar::test {
namespace {

using Texts = std::vector<std::string>;

Index lan_index(bool balanced = false) {
  Index index = sample_cluster_index();
  LanSection& lan = index.appliance.lan;
  lan.enabled = true;
  lan.domain = "lab.internal";
  lan.names = {"registry"};
  lan.everything_below = true;
  lan.trust_namespaces = {"lab", "people"};
  lan.balancer.enabled = balanced;
  return index;
}

Answers without_nameservers() {
  Answers answers = sample_cluster_answers();
  answers.cluster.nameservers.clear();
  return answers;
}

Plan plan_for(const Index& index, const Answers& answers, const Facts& facts = sample_node_facts()) {
  return make_plan(sample_header(), index, facts, answers);
}

const Step* find_step(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps) {
    if (step.id == id) return &step;
  }
  return nullptr;
}

std::string corefile(const Plan& plan) {
  const Step* step = find_step(plan, "coredns-upstream");
  return step == nullptr ? std::string() : step->title + "\n" + step->reason + "\n" + std::get<ApplyManifest>(step->action).text;
}

TEST(LanCluster, PodsFindTheSitesNames) {
  expect_golden("plan/lan/coredns-alone.yaml", corefile(plan_for(lan_index(), without_nameservers())));
  Answers asked = without_nameservers();
  asked.cluster.nameservers = {"192.0.2.53"};
  expect_golden("plan/lan/coredns-asking.yaml", corefile(plan_for(lan_index(), asked)));
}

TEST(LanCluster, KubeadmsOwnConfigurationStaysWhereItIsRight) {
  Answers asked = without_nameservers();
  asked.cluster.nameservers = {"192.0.2.53"};
  EXPECT_EQ(corefile(plan_for(sample_cluster_index(), asked)), "");
}

// Taking the step back would take CoreDNS's configuration away.
TEST(LanCluster, WhatAnEarlierBundleWroteIsWrittenAgain) {
  Answers asked = without_nameservers();
  asked.cluster.nameservers = {"192.0.2.53"};
  Facts facts = sample_node_facts();
  facts.installed = InstalledBundle{"lab", "cpu", 2, "id"};
  facts.installed->steps = plan_for(lan_index(), asked).steps;
  expect_golden("plan/lan/coredns-without-names.yaml", corefile(plan_for(sample_cluster_index(), asked, facts)));
}

TEST(LanCluster, TrustIsSharedAfterTheNodeIsMarkedAndBeforeAnythingIsDeployed) {
  const Plan plan = plan_for(lan_index(), without_nameservers());
  Texts ids;
  for (const Step& step : plan.steps) {
    if (step.id.starts_with("trust-in-") || step.id == "mark-node" || step.id == "deploy-web") ids.push_back(step.id);
  }
  EXPECT_EQ(ids, (Texts{"mark-node", "trust-in-lab", "trust-in-people", "deploy-web"}));
  const Step& step = *find_step(plan, "trust-in-people");
  EXPECT_EQ(step.title, "share the site's trust with namespace 'people'");
  EXPECT_EQ(std::get<ShareTrust>(step.action).space, "people");
  EXPECT_EQ(std::get<ShareTrust>(step.action).kubeconfig, k_admin_kubeconfig);
  const std::string shown = render_plan(plan, sample_header());
  EXPECT_NE(shown.find("ConfigMap rootcellar-trust and Secret rootcellar-site in namespace people; uninstall takes them away"), shown.npos);
}

TEST(LanCluster, ABalancedMachineAnswersForAddresses) {
  const std::string gone = "node.kubernetes.io/exclude-from-external-load-balancers-";
  Answers answers = without_nameservers();
  answers.lan.range = "192.0.2.240-192.0.2.250";
  const Plan plan = plan_for(lan_index(true), answers);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(std::get<MarkNode>(find_step(plan, "mark-node")->action).labels.back(), gone);
  EXPECT_NE(render_plan(plan, sample_header()).find("without the label node.kubernetes.io/exclude-from-external-load-balancers\n"), std::string::npos);
  const Texts labels = std::get<MarkNode>(find_step(plan_for(lan_index(), answers), "mark-node")->action).labels;
  EXPECT_EQ(std::count(labels.begin(), labels.end(), gone), 0);
}

Texts refusals(const std::string& range, const Facts& facts = sample_node_facts()) {
  Answers answers = without_nameservers();
  if (!range.empty()) answers.lan.range = range;
  return plan_for(lan_index(true), answers, facts).refusals;
}

TEST(LanBalancer, NeedsAddressesOfThePeoplesNetwork) {
  EXPECT_EQ(refusals(""), Texts{"the answers do not say which addresses the load balancer may give away: give some of the people's network that "
                                "nobody has, and that no DHCP server gives away, as 'lan.range', like 192.0.2.240-192.0.2.250"});
  EXPECT_EQ(refusals("192.0.2.250-192.0.2.240"), Texts{"the load balancer's addresses 192.0.2.250-192.0.2.240 end before they begin: answer 'lan.range'"});
  EXPECT_EQ(refusals("192.0.2.250-192.0.3.3"),
            Texts{"the load balancer's addresses 192.0.2.250-192.0.3.3 do not lie in the network 192.0.2.0/24, where people would look for them: "
                  "answer 'lan.range' with addresses of it, or 'lan.network'"});
  EXPECT_EQ(refusals("198.51.100.1-198.51.100.2"),
            Texts{"the load balancer's addresses 198.51.100.1-198.51.100.2 do not lie in the network 192.0.2.0/24, where people would look for "
                  "them: answer 'lan.range' with addresses of it, or 'lan.network'"});
}

TEST(LanBalancer, DoesNotGetWhatIsSomebodys) {
  const auto refused = [](const std::string& range, const std::string& why) {
    return cat("the load balancer cannot have ", range, ": ", why, "; answer 'lan.range' with addresses that nobody has");
  };
  EXPECT_EQ(refusals("192.0.2.0-192.0.2.8"),
            (Texts{refused("192.0.2.0-192.0.2.8", "192.0.2.0 is the address of the network itself"),
                   refused("192.0.2.0-192.0.2.8", "192.0.2.1 is a gateway's"), refused("192.0.2.0-192.0.2.8", "192.0.2.7 is this machine's")}));
  EXPECT_EQ(refusals("192.0.2.255-192.0.2.255"), Texts{refused("192.0.2.255-192.0.2.255", "192.0.2.255 is the network's broadcast address")});
  Facts facts = sample_node_facts();
  facts.answering = {{"192.0.2.241", "52:54:00:12:34:56"}};
  EXPECT_EQ(refusals("192.0.2.240-192.0.2.250", facts),
            Texts{refused("192.0.2.240-192.0.2.250", "192.0.2.241 is somebody's: 52:54:00:12:34:56 answers for it")});
}

TEST(LanBalancer, TakesAtMostAsManyAsCanBeAsked) {
  Index index = lan_index(true);
  Answers answers = without_nameservers();
  answers.lan.network = "192.0.0.0/16";
  answers.lan.range = "192.0.8.0-192.0.9.0";
  EXPECT_EQ(plan_for(index, answers).refusals,
            Texts{"the load balancer's addresses 192.0.8.0-192.0.9.0 are 257: give at most 256, because each is asked whether somebody has it"});
  EXPECT_EQ(balancer_addresses(index.appliance, answers, sample_node_facts()), Texts{});
  answers.lan.range = "192.0.8.0-192.0.8.255";
  EXPECT_EQ(plan_for(index, answers).refusals, Texts{});
  Facts facts = sample_node_facts();
  EXPECT_EQ(balancer_addresses(index.appliance, answers, facts), Texts{}) << "nobody is asked through a gateway";
  facts.node.routes.push_back({"eth1", {0xc0000800, 24}, 0, 0});
  EXPECT_EQ(balancer_addresses(index.appliance, answers, facts).size(), 256u);
}

TEST(LanBalancer, TheDomainMeansOneOfItsAddresses) {
  Answers answers = without_nameservers();
  answers.lan.range = "192.0.2.240-192.0.2.250";
  answers.lan.address = "192.0.2.60";
  EXPECT_EQ(plan_for(lan_index(true), answers).refusals,
            Texts{"'lan.address' 192.0.2.60 is neither this machine's address nor one of the load balancer's, 192.0.2.240-192.0.2.250: nothing "
                  "would answer there"});
  answers.lan.address = "192.0.2.245";
  EXPECT_EQ(plan_for(lan_index(true), answers).refusals, Texts{});
}

TEST(LanBalancer, AsksWhoHasItsAddressesBeforeItHasThemItself) {
  Answers answers = without_nameservers();
  answers.lan.range = "192.0.2.240-192.0.2.242";
  Facts facts = sample_node_facts();
  EXPECT_EQ(balancer_addresses(lan_index(true).appliance, answers, facts), (Texts{"192.0.2.240", "192.0.2.241", "192.0.2.242"}));
  EXPECT_EQ(balancer_addresses(lan_index(false).appliance, answers, facts), Texts{});
  facts.installed = InstalledBundle{"lab", "cpu", 2, "id"};
  EXPECT_EQ(balancer_addresses(lan_index(true).appliance, answers, facts), Texts{});
}

}  // namespace
}  // namespace rootcellar::test
