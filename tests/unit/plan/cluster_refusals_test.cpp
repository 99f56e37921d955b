#include <gtest/gtest.h>

#include "installer/plan/answered_files.h"
#include "installer/plan/plan.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_cluster_answers;
using test::sample_cluster_index;
using test::sample_header;
using test::sample_node_facts;
using Texts = std::vector<std::string>;

Texts refusals(const Facts& facts, const Answers& answers = sample_cluster_answers(), const Index& index = sample_cluster_index()) {
  return make_plan(sample_header(), index, facts, answers).refusals;
}

TEST(ClusterRefusals, NoneOnAMachineThatFits) { EXPECT_EQ(refusals(sample_node_facts()), Texts{}); }

TEST(ClusterRefusals, AVersionThatNobodyKnows) {
  Index index = sample_cluster_index();
  index.appliance.cluster.version = "1.40.0";
  EXPECT_EQ(refusals(sample_node_facts(), sample_cluster_answers(), index),
            Texts{"the bundle's cluster is Kubernetes 1.40.0, and this installer knows 1.14 to 1.34"});
}

TEST(ClusterRefusals, AnOldKubernetesOnNewControlGroups) {
  Index index = sample_cluster_index();
  index.appliance.cluster.version = "1.17.11";
  EXPECT_EQ(refusals(sample_node_facts(), sample_cluster_answers(), index),
            Texts{"Kubernetes 1.17.11 knows control groups of version 1 only, and this machine has version 2: boot it with the kernel "
                  "parameter systemd.unified_cgroup_hierarchy=0"});
}

TEST(ClusterRefusals, TooSmall) {
  Facts facts = sample_node_facts();
  facts.node.memory = 1'000'000'000;
  facts.node.processors = 1;
  EXPECT_EQ(refusals(facts), (Texts{"a control-plane node needs 1.8 GB of memory, and this machine has 1.0 GB",
                                    "a control-plane node needs 2 processors, and this machine has 1"}));
}

TEST(ClusterRefusals, ANameThatIsNone) {
  Facts facts = sample_node_facts();
  facts.node.hostname = "localhost";
  EXPECT_EQ(refusals(facts), Texts{"this machine's name 'localhost' cannot be a node's: give it one of small letters, digits and '-' with "
                                   "'hostnamectl set-hostname NAME'"});
}

TEST(ClusterRefusals, NoAddress) {
  Facts facts = sample_node_facts();
  facts.node.addresses.clear();
  facts.node.routes.clear();
  EXPECT_EQ(refusals(facts),
            Texts{"this machine has no address that others could reach: connect its network, or answer a 'cluster.address' "
                  "such as 192.0.2.10, which then lies on a bridge of this machine alone"});
}

TEST(ClusterRefusals, SeveralAddressesAndNoWayOut) {
  Facts facts = sample_node_facts();
  facts.node.addresses.push_back({"198.51.100.3", "eth1"});
  facts.node.routes.erase(facts.node.routes.begin());
  EXPECT_EQ(refusals(facts),
            Texts{"this machine has no default route that would say which of its addresses the cluster uses: answer one of "
                  "192.0.2.7 (eth0), 198.51.100.3 (eth1) as 'cluster.address'"});
}

TEST(ClusterRefusals, AnAddressOfAnotherMachine) {
  Answers answers = sample_cluster_answers();
  answers.cluster.address = "192.0.2.8";
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            Texts{"'cluster.address' is 192.0.2.8, and this machine's addresses are 192.0.2.7 (eth0)"});
}

TEST(ClusterRefusals, NetworksThatClash) {
  Answers answers = sample_cluster_answers();
  answers.cluster.pod_cidr = "10.100.0.0/21";
  answers.cluster.service_cidr = "10.96.0.0/12";
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            Texts{"the pods' addresses 10.100.0.0/21 overlap the services' 10.96.0.0/12: answer another 'cluster.pod_cidr' or "
                  "'cluster.service_cidr'"});
  Facts facts = sample_node_facts();
  facts.node.routes.push_back({"eth1", *parse_network("10.244.3.0/24"), 0, 0});
  facts.node.routes.push_back({"eth0", *parse_network("10.0.0.0/9"), 0xc0000201, 0});
  EXPECT_EQ(refusals(facts),
            (Texts{"the pods' addresses 10.244.0.0/16 overlap 10.244.3.0/24, which this machine reaches by eth1: answer another "
                   "'cluster.pod_cidr'",
                   "the services' addresses 10.96.0.0/16 overlap 10.0.0.0/9, which this machine reaches by eth0: answer "
                   "another 'cluster.service_cidr'"}));
  Index index = sample_cluster_index();
  index.appliance.cluster.service_cidr = "fd00::/108";
  EXPECT_EQ(refusals(sample_node_facts(), sample_cluster_answers(), index),
            Texts{"the services' addresses 'fd00::/108' are no IPv4 network"});
}

TEST(ClusterRefusals, NetworksOfASizeThatKubeadmDoesNotTake) {
  Answers answers = sample_cluster_answers();
  answers.cluster.pod_cidr = "10.244.0.0/25";
  answers.cluster.service_cidr = "10.96.0.0/29";
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            (Texts{"the pods' addresses 10.244.0.0/25 are not divided into nodes' /24 by kubeadm: it takes /8 to /24",
                   "the services' addresses 10.96.0.0/29 are too many or too few for kubeadm: it takes /12 to /28"}));
  answers.cluster.pod_cidr = "10.244.0.0/24";
  answers.cluster.service_cidr = "10.96.0.0/28";
  EXPECT_EQ(refusals(sample_node_facts(), answers), Texts{});
}

TEST(ClusterRefusals, APodNetworkThatCannotFollow) {
  Index index = sample_cluster_index();
  index.appliance.cluster.network[0].templated = false;
  Answers answers = sample_cluster_answers();
  answers.cluster.pod_cidr = "10.20.0.0/16";
  EXPECT_EQ(refusals(sample_node_facts(), answers, index),
            Texts{"the appliance's pod network is fixed at 10.244.0.0/16, and 'cluster.pod_cidr' is 10.20.0.0/16"});
}

TEST(ClusterRefusals, PortsThatAreTaken) {
  Facts facts = sample_node_facts();
  facts.ports = {{6443, "0.0.0.0", "root"}, {10250, "127.0.0.1", "kube"}};
  EXPECT_EQ(
      refusals(facts),
      (Texts{"the cluster needs port 6443 (Kubernetes' API server, for whoever has a key of the cluster), which a program of user 'root' "
             "has: stop it",
             "the cluster needs port 10250 (the kubelet, for the API server), which a program of user 'kube' has: stop it"}));
}

TEST(ClusterRefusals, AClusterOfOthers) {
  Facts facts = sample_node_facts();
  facts.node.cluster_file = "/etc/kubernetes/kubelet.conf";
  EXPECT_EQ(refusals(facts),
            Texts{"this machine is already part of a cluster that was not made here: '/etc/kubernetes/kubelet.conf' is there; "
                  "take it away with 'kubeadm reset' if nobody needs it"});
}

TEST(ClusterRefusals, AnotherVersionOrAddressThanTheClusterThatIsHere) {
  Facts facts = sample_node_facts();
  auto before = std::make_shared<Index>(sample_cluster_index());
  before->appliance.cluster.version = "1.33.1";
  const Plan first = make_plan(sample_header(), *before, facts, sample_cluster_answers());
  facts.installed = InstalledBundle{"lab", "cpu", 2, "other", first.steps, before};
  facts.node.cluster_file = "/etc/kubernetes/admin.conf";
  EXPECT_EQ(refusals(facts), Texts{"the cluster here is Kubernetes 1.33.1, and the bundle's is 1.34.4: this installer does not change the "
                                   "version of a cluster that is there"});
  before->appliance.cluster.version = "1.34.4";
  EXPECT_EQ(refusals(facts), Texts{});
  facts.node.addresses = {{"192.0.2.99", "eth0"}};
  EXPECT_EQ(refusals(facts), Texts{"the cluster here was made at another address than 192.0.2.99: give this machine that address back, or "
                                   "answer it as 'cluster.address'"});
}

TEST(ClusterRefusals, ModulesAndPackagesAndProgramsThatAreNowhere) {
  Facts facts = sample_node_facts();
  facts.node.missing_modules = {"overlay", "br_netfilter"};
  Index index = sample_cluster_index();
  index.appliance.packages.files.clear();
  std::erase_if(index.appliance.files, [](const PlacedFile& file) { return file.name == "crictl" || file.name == "helm"; });
  EXPECT_EQ(refusals(facts, sample_cluster_answers(), index),
            (Texts{"kernel 6.1.0-18-amd64 has no module overlay, br_netfilter: install the package with this kernel's modules, or boot the "
                   "kernel they are for",
                   "a node needs the package 'conntrack', which neither this machine nor the bundle has",
                   "a node needs the package 'iptables', which neither this machine nor the bundle has",
                   "a node needs the package 'iproute2', which neither this machine nor the bundle has",
                   "the cluster's runtime is containerd, which neither this machine nor the bundle has",
                   "the cluster needs /usr/local/bin/crictl, which the bundle does not bring",
                   "the cluster needs /usr/local/bin/helm, which the bundle does not bring"}));
}

TEST(ClusterRefusals, RolesThatNobodyMapped) {
  Answers answers = sample_cluster_answers();
  answers.cluster.roles.reset();
  EXPECT_EQ(
      refusals(sample_node_facts(), answers),
      Texts{"the appliance has the roles webServer, dbServer, and nobody says which of them this machine has: answer 'cluster.roles', all "
            "of them where there is one machine, [] for none"});
  answers.cluster.roles = Texts{"webServer", "gpuWorker"};
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            Texts{"'cluster.roles' names the role 'gpuWorker', and the appliance's roles are webServer, dbServer"});
  const Plan plan = make_plan(sample_header(), sample_cluster_index(), sample_node_facts(), answers);
  EXPECT_EQ(plan.cautions.front(), "no machine has the role 'dbServer' yet: what asks for it waits until one joins that has");
}

TEST(ClusterRefusals, MachinesThatNobodyMapped) {
  Answers answers = sample_cluster_answers();
  answers.cluster.roles.reset();
  answers.cluster.machines = {{"bench8", {"webServer"}}, {"bench9", {}}};
  answers.registry_listen = "0.0.0.0:5000";
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            Texts{"'cluster.machines' names bench8, bench9, and this machine is 'bench7': add it there, or answer 'cluster.roles' for it "
                  "alone"});
  answers.cluster.machines["bench7"] = {"dbServer"};
  EXPECT_EQ(refusals(sample_node_facts(), answers), Texts{});
  answers.cluster.machines["bench9"] = {"gpuWorker"};
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            Texts{"'cluster.machines' names the role 'gpuWorker', and the appliance's roles are webServer, dbServer"});
}

TEST(ClusterRefusals, SeveralMachinesAndARegistryForOne) {
  Answers answers = sample_cluster_answers();
  answers.cluster.machines = {{"bench7", {}}, {"bench8", {}}};
  EXPECT_EQ(refusals(sample_node_facts(), answers),
            Texts{"the registry listens at 127.0.0.1:5000, for this machine alone, and 'cluster.machines' names 2 machines: answer "
                  "'registry.listen' as 0.0.0.0:5000"});
}

TEST(ClusterRefusals, ANameThatIsSomebodyElse) {
  Facts facts = sample_node_facts();
  facts.node.hosts = {{"cluster.internal", "203.0.113.5"}};
  EXPECT_EQ(refusals(facts),
            Texts{"/etc/hosts says that 'cluster.internal' is 203.0.113.5, and the cluster's is 192.0.2.7: take that line away, "
                  "or answer another 'cluster.endpoint'"});
}

TEST(ClusterRefusals, NoRegistry) {
  Index index = sample_cluster_index();
  index.appliance.registry.enabled = false;
  EXPECT_EQ(refusals(sample_node_facts(), sample_cluster_answers(), index),
            Texts{"the cluster gets its images from the appliance's registry, which the bundle does not have"});
}

TEST(ClusterRefusals, ContainerdOnAnOverlay) {
  Facts facts = sample_node_facts();
  facts.space["/var/lib/containerd"].filesystem = "overlay";
  EXPECT_EQ(refusals(facts),
            Texts{"containerd unpacks images onto an overlay, which does not work on an overlay, and /var/lib/containerd is on "
                  "one: mount a disk there, or answer a 'storage.root' on one"});
}

TEST(ClusterRefusals, ImagesThatAreNotThere) {
  Index index = sample_cluster_index();
  index.appliance.cluster.images.push_back("registry.k8s.io/etcd:3.6.5-0");
  EXPECT_EQ(refusals(sample_node_facts(), sample_cluster_answers(), index),
            Texts{"the cluster wants image 'registry.k8s.io/etcd:3.6.5-0', which is not in the bundle"});
}

TEST(ClusterRefusals, FilesThatCannotBeTakenIn) {
  Index index = sample_cluster_index();
  index.appliance.cluster.deploy.front().text = "logo: ${answers.logo|file|b64}\nnotice: ${answers.notice|file|json}\n${answers.notice|file}\n";
  Answers answers = sample_cluster_answers();
  EXPECT_EQ(answered_file_keys(index.appliance), (Texts{"logo", "notice"}));
  EXPECT_EQ(refusals(sample_node_facts(), answers, index),
            (Texts{"the appliance asks for 'logo' ('web'), and nobody says what it is: answer it below 'values'",
                   "the appliance asks for 'notice' ('web'), and nobody says what it is: answer it below 'values'"}));
  answers.values["logo"] = "/media/logo.png";
  answers.values["notice"] = "/media/notice.txt";
  Facts facts = sample_node_facts();
  facts.answered_files["logo"].fault = "it is not there";
  facts.answered_files["notice"] = describe_answered_file(std::string("\0", 1));
  EXPECT_EQ(refusals(facts, answers, index),
            (Texts{"the answer 'logo' names the file '/media/logo.png', which cannot be taken in: it is not there",
                   "the answer 'notice' names the file '/media/notice.txt', which cannot be taken in: it is no text, and the appliance takes "
                   "it in as one"}));
  facts.answered_files["logo"] = describe_answered_file("\xff\xfe");
  facts.answered_files["notice"] = describe_answered_file("Grüße\n");
  EXPECT_EQ(refusals(facts, answers, index), Texts{});
}

TEST(ClusterRefusals, WhatTheTextsAskForAndNobodySays) {
  Index index = sample_cluster_index();
  index.appliance.cluster.deploy[0].text += "two: ${answers.domain}\nip: ${capture.web-ip}\n";
  index.appliance.cluster.deploy[1].input += "${secret.none}${site.moon}";
  index.appliance.cluster.secrets[0].claims = "${";
  EXPECT_EQ(refusals(sample_node_facts(), {.cluster = sample_cluster_answers().cluster}, index),
            (Texts{"claims of secret 'db':1:1: '${' without '}' in the same line",
                   "the appliance asks for 'domain' ('web'), and nobody says what it is: answer it below 'values'",
                   "the appliance asks for '${capture.web-ip}' ('web'), which nothing before it makes",
                   "the appliance asks for '${secret.none}' (input of 'migrate'), which nothing before it makes",
                   "the appliance asks for '${site.moon}' (input of 'migrate'), which nothing before it makes"}));
}

}  // namespace
}  // namespace rootcellar
