// The plan of a machine that joins, and what the first node says in a ticket.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::error_of;
using test::sample_cluster_answers;
using test::sample_cluster_index;
using test::sample_header;
using test::sample_node_facts;
using test::sample_ticket;
using Texts = std::vector<std::string>;

Answers joining_answers() {
  Answers answers = sample_cluster_answers();
  answers.cluster.roles = Texts{"dbServer"};
  return answers;
}

Plan join_plan(const JoinTicket& ticket, const Facts& facts = sample_node_facts(), const Answers& answers = joining_answers(),
               const Index& index = sample_cluster_index()) {
  return make_join_plan(sample_header(), index, facts, answers, ticket);
}

JoinTicket control_plane_ticket() {
  JoinTicket ticket = sample_ticket();
  ticket.certificate_key = std::string(64, 'b');
  ticket.control_plane = true;
  return ticket;
}

const Step* find_step(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps) {
    if (step.id == id) return &step;
  }
  return nullptr;
}

const KubeadmInit& join_of(const Plan& plan) { return std::get<KubeadmInit>(find_step(plan, "kubeadm-join")->action); }

/// Every file that the plan writes for the node, one after the other.
std::string written_files(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) {
    if (const auto* file = std::get_if<WriteFile>(&step.action)) out += cat("=== ", file->path, "\n", file->content);
  }
  return out + cat("=== ", join_of(plan).config, "\n", join_of(plan).text);
}

TEST(JoinPlan, WithDockerImagesComeFromTheFirstNodeWhateverItHas) {
  Index index = sample_cluster_index();
  index.appliance.cluster.runtime = index.appliance.runtime.kind = "docker";
  index.appliance.packages.install.push_back("docker.io");
  index.appliance.files.push_back({"cri-dockerd", "files/cri-dockerd", "/usr/local/bin/cri-dockerd", 0755, "root", "root"});
  const JoinTicket ticket = sample_ticket();
  const Plan plan = join_plan(ticket, sample_node_facts(), joining_answers(), index);
  EXPECT_EQ(plan.refusals, Texts{});
  const auto& merge = std::get<MergeJson>(find_step(plan, "docker-config")->action);
  EXPECT_EQ(merge.append.find("registry-mirrors")->items().front().as_string(), cat("http://", ticket.registry));
  const auto& pull = std::get<PullImage>(find_step(plan, "local-quay-io-team-tool-2")->action);
  EXPECT_EQ(pull.name, cat(ticket.registry, "/quay.io/team/tool:2"));
  EXPECT_EQ(pull.digest, Digest{});
  EXPECT_EQ(std::get<RunTool>(find_step(plan, "upstream-quay-io-team-tool-2")->action).probe_says, "");
  EXPECT_NE(find_step(plan, "start-quay-io"), nullptr);
  EXPECT_EQ(find_step(plan, "local-registry-k8s-io-kube-apiserver-v1-34-4"), nullptr);  // which no worker runs
}

TEST(JoinPlan, OfAWorker) {
  const Plan plan = join_plan(sample_ticket());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(plan.cautions, Texts{});
  test::expect_golden("plan/cluster-join.txt", render_plan(plan, sample_header()));
  test::expect_golden("plan/cluster-join-files.txt", written_files(plan));
}

TEST(JoinPlan, OfAControlPlaneNode) {
  const Plan plan = join_plan(control_plane_ticket());
  EXPECT_EQ(plan.refusals, Texts{});
  test::expect_golden("plan/cluster-join-control-plane.txt", render_plan(plan, sample_header()));
  test::expect_golden("plan/cluster-join-control-plane-files.txt", written_files(plan));
}

// What goes into the journal, and what is printed.
TEST(JoinPlan, HoldsNoSecretOfTheTicket) {
  const JoinTicket ticket = control_plane_ticket();
  const Plan plan = join_plan(ticket);
  std::string everything = render_plan(plan, sample_header()) + plan_json(plan).dump();
  for (const Step& step : plan.steps) everything += encode_step(step).dump();
  for (const std::string& secret : {ticket.token, ticket.certificate_key}) EXPECT_EQ(everything.find(secret), std::string::npos);
  EXPECT_EQ(join_of(plan).secrets, (Texts{"join-token", "join-certificate-key"}));
  EXPECT_EQ(join_of(join_plan(sample_ticket())).secrets, Texts{"join-token"});
}

TEST(JoinPlan, StepsSurviveTheJournal) {
  for (const Step& step : join_plan(control_plane_ticket()).steps)
    EXPECT_EQ(encode_step(decode_step(encode_step(step), "journal")), encode_step(step)) << step.id;
}

TEST(JoinPlan, ALabelThatAWorkerMayNotGiveItself) {
  Index index = sample_cluster_index();
  index.appliance.cluster.roles[1].labels = {"disk=fast", "node-role.kubernetes.io/db="};
  const Plan worker = join_plan(sample_ticket(), sample_node_facts(), joining_answers(), index);
  EXPECT_NE(join_of(worker).text.find("value: disk=fast,rootcellar/role.dbServer=yes\n"), std::string::npos) << join_of(worker).text;
  EXPECT_EQ(worker.cautions,
            Texts{"Kubernetes lets no worker give itself the label node-role.kubernetes.io/db=: when it has joined, run on the first node "
                  "'kubectl label node bench7 node-role.kubernetes.io/db= --overwrite'; 'rootcellar-install status' there shows what is "
                  "missing"});
  const Plan control_plane = join_plan(control_plane_ticket(), sample_node_facts(), joining_answers(), index);
  EXPECT_EQ(std::get<MarkNode>(find_step(control_plane, "mark-node")->action).labels,
            (Texts{"disk=fast", "node-role.kubernetes.io/db=", "rootcellar/role.dbServer=yes"}));
}

TEST(JoinPlan, WhichLabelsAKubeletMaySet) {
  for (const char* fine : {"disk=fast", "example.org/x=", "kubernetes.io/hostname=a",
                           "node.kubernetes.io/x=", "a.node.kubernetes.io/x=", "topology.kubernetes.io/zone=b", "mykubernetes.io/x="})
    EXPECT_TRUE(kubelet_may_set(fine)) << fine;
  for (const char* refused :
       {"kubernetes.io/role=a", "k8s.io/x=", "a.k8s.io/x=", "node-role.kubernetes.io/worker=", "node-restriction.kubernetes.io/x="})
    EXPECT_FALSE(kubelet_may_set(refused)) << refused;
}

TEST(JoinPlan, MarksOfRolesAreLabels) {
  EXPECT_EQ(role_mark("webServer"), "rootcellar/role.webServer=yes");
  EXPECT_EQ(role_mark("c++"), "rootcellar/role.c=yes");
  EXPECT_EQ(role_mark("a+b_."), "rootcellar/role.a_b=yes");
}

TEST(JoinPlan, TheTicketSaysWhatTheMachineIs) {
  JoinTicket ticket = sample_ticket();
  ticket.machines = {{"bench7", {"dbServer"}}, {"bench8", {"webServer"}}};
  Answers answers = joining_answers();
  answers.cluster.roles.reset();
  const Plan plan = join_plan(ticket, sample_node_facts(), answers);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_NE(join_of(plan).text.find("rootcellar/role.dbServer=yes"), std::string::npos);
  Facts facts = sample_node_facts();
  facts.node.hostname = "bench9";
  EXPECT_EQ(join_plan(ticket, facts, answers).refusals,
            Texts{"'cluster.machines' names bench7, bench8, and this machine is 'bench9': add it there, or answer 'cluster.roles' for it "
                  "alone"});
}

TEST(JoinPlan, DockerAsksTheFirstNodesRegistry) {
  Index index = sample_cluster_index();
  index.appliance.cluster.runtime = index.appliance.runtime.kind = "docker";
  const Plan plan = join_plan(sample_ticket(), sample_node_facts(), joining_answers(), index);
  const auto& merge = std::get<MergeJson>(find_step(plan, "docker-config")->action);
  EXPECT_EQ(merge.append.find("registry-mirrors")->dump(), R"(["http://192.0.2.10:5000"])");
  EXPECT_EQ(merge.append.find("insecure-registries")->items().front().as_string(), "192.0.2.10:5000");
}

TEST(JoinPlan, ATicketEnds) {
  JoinTicket ticket = sample_ticket();
  ticket.expires = sample_node_facts().clock - 1;
  EXPECT_EQ(
      join_plan(ticket).refusals,
      Texts{"the ticket ended at 2026-11-21T07:59:59Z, and this machine's clock says 2026-11-21T08:00:00Z: make a new one on the first "
            "node, or set the clock"});
}

TEST(JoinPlan, AClockThatIsBehind) {
  JoinTicket ticket = sample_ticket();
  Facts facts = sample_node_facts();
  facts.clock = ticket.made - 300;
  EXPECT_EQ(join_plan(ticket, facts).refusals, Texts{});
  facts.clock = ticket.made - 301;
  EXPECT_EQ(join_plan(ticket, facts).refusals,
            Texts{"the ticket was made at 2026-11-21T08:00:00Z, and this machine's clock says 2026-11-21T07:54:59Z: set it with 'date', or "
                  "no certificate of the cluster is valid here yet"});
}

Facts installed_facts(std::vector<Step> steps) {
  Facts facts = sample_node_facts();
  facts.installed = InstalledBundle{"lab", "cpu", 3, bundle_id(encode_header(sample_header())), std::move(steps)};
  return facts;
}

TEST(JoinPlan, AMachineJoinsOneCluster) {
  JoinTicket other = sample_ticket();
  other.ca_hash = "sha256:" + std::string(64, 'c');
  EXPECT_EQ(join_plan(other, installed_facts(join_plan(sample_ticket()).steps)).refusals,
            Texts{"this machine is a node of another cluster: uninstall it before it joins this one"});
  const Plan first = make_plan(sample_header(), sample_cluster_index(), sample_node_facts(), sample_cluster_answers());
  EXPECT_EQ(join_plan(sample_ticket(), installed_facts(first.steps)).refusals,
            Texts{"this machine is the first node of a cluster of its own: uninstall it before it joins another"});
}

// A bundle installed over one that joined: the ticket ended long ago, and what is left of it says the same.
TEST(JoinPlan, PlannedAgainWithoutTheTicketItIsTheSame) {
  const Plan first = join_plan(control_plane_ticket());
  Facts facts = installed_facts(first.steps);
  facts.clock += 10'000'000;
  facts.node.cluster_file = "/etc/kubernetes/kubelet.conf";
  facts.ports = {{10250, "::", "root"}};
  const Plan again = join_plan(parse_ticket(encode_ticket(used_ticket(control_plane_ticket())), "journal"), facts);
  EXPECT_EQ(again.refusals, Texts{});
  EXPECT_EQ(plan_json(again).find("steps")->dump(), plan_json(first).find("steps")->dump());
}

TEST(JoinPlan, ABundleWithoutAClusterJoinsNothing) {
  EXPECT_EQ(make_join_plan(sample_header(), test::sample_index(), test::sample_facts(), {}, sample_ticket()).refusals,
            Texts{"the bundle has no cluster: there is nothing to join"});
}

Answers reachable_answers() {
  Answers answers = sample_cluster_answers();
  answers.registry_listen = "0.0.0.0:5000";
  answers.cluster.machines = {{"bench7", {}}, {"bench8", {"webServer"}}};
  return answers;
}

Facts first_node_facts() {
  return installed_facts(make_plan(sample_header(), sample_cluster_index(), sample_node_facts(), reachable_answers()).steps);
}

TEST(TicketFacts, SayWhereTheFirstNodeIs) {
  const JoinTicket ticket = ticket_facts(sample_header(), sample_cluster_index(), first_node_facts(), reachable_answers());
  EXPECT_EQ(encode_ticket(ticket),
            cat("ticket: 1\nserial: 3\nmade: \"1970-01-01T00:00:00Z\"\nproduct: lab\nvariant: cpu\narchitecture: amd64\nbundle: \"",
                bundle_id(encode_header(sample_header())),
                "\"\nendpoint: cluster.internal\naddress: \"192.0.2.7\"\nregistry: \"192.0.2.7:5000\"\npod_cidr: 10.244.0.0/16\n"
                "service_cidr: 10.96.0.0/16\nmachines:\n  bench7: []\n  bench8:\n    - webServer\n"));
}

TEST(TicketFacts, ARegistryThatNobodyReaches) {
  EXPECT_EQ(error_of([] { ticket_facts(sample_header(), sample_cluster_index(), first_node_facts(), sample_cluster_answers()); }),
            "error: cannot make a ticket: the registry listens at 127.0.0.1:5000, for this machine alone\n"
            "hint: with the next bundle answer 'registry.listen' as 0.0.0.0:5000, or uninstall and begin with it\n");
}

TEST(TicketFacts, AnAddressThatHasChanged) {
  Facts facts = first_node_facts();
  facts.node.addresses = {{"192.0.2.99", "eth0"}};
  EXPECT_EQ(error_of([&] { ticket_facts(sample_header(), sample_cluster_index(), facts, reachable_answers()); }),
            "error: cannot make a ticket: the cluster was made at another address than 192.0.2.99\n"
            "hint: give this machine that address back\n");
}

TEST(TicketFacts, TheKeyOfTheCertificatesGoesIntoAFile) {
  const std::string key(64, 'b');
  const std::string text = certificates_config(sample_header(), sample_cluster_index(), first_node_facts(), reachable_answers(), key);
  EXPECT_TRUE(
      text.starts_with(cat("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: "
                           "\"192.0.2.7\"\n  bindPort: 6443\ncertificateKey: ",
                           key, "\nnodeRegistration:\n")))
      << text;
  Index index = sample_cluster_index();
  index.appliance.cluster.version = "1.14.3";
  EXPECT_EQ(error_of([&] { certificates_config(sample_header(), index, first_node_facts(), reachable_answers(), key); }),
            "error: cannot make a ticket for control-plane nodes: kubeadm 1.14.3 cannot be told the key in a file\n");
}

}  // namespace
}  // namespace rootcellar
