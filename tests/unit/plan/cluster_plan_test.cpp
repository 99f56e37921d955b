#include <gtest/gtest.h>

#include <set>

#include "installer/plan/cluster_site.h"
#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_cluster_answers;
using test::sample_cluster_index;
using test::sample_header;
using test::sample_node_facts;
using Texts = std::vector<std::string>;

Plan plan_for(const Index& index, const Facts& facts, const Answers& answers = sample_cluster_answers()) {
  return make_plan(sample_header(), index, facts, answers);
}

Plan plan_for(const Facts& facts, const Answers& answers = sample_cluster_answers()) {
  return plan_for(sample_cluster_index(), facts, answers);
}

const Step* find_step(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps) {
    if (step.id == id) return &step;
  }
  return nullptr;
}

template <typename Kind>
const Kind& action_of(const Plan& plan, const std::string& id) {
  const Step* step = find_step(plan, id);
  if (step == nullptr) throw InputError("no step " + id);
  return std::get<Kind>(step->action);
}

std::string content_of(const Plan& plan, const std::string& id) { return action_of<WriteFile>(plan, id).content; }

std::size_t place_of_step(const Plan& plan, const std::string& id) {
  std::size_t place = 0;
  while (place < plan.steps.size() && plan.steps[place].id != id) ++place;
  return place;
}

/// Every file that the plan writes for the node, one after the other.
std::string written_files(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) {
    const auto* file = std::get_if<WriteFile>(&step.action);
    if (file == nullptr || step.id.starts_with("registry-")) continue;
    out += "=== " + file->path + "\n" + file->content;
  }
  return out;
}

/// Not on any network, without a nameserver, with swap that comes back, in the kernel of another machine.
Facts lonely_facts() {
  Facts facts = sample_node_facts();
  NodeFacts& node = facts.node;
  node.routes.clear();
  node.addresses.clear();
  node.swaps = {{"/dev/zram0", "partition"}, {"/dev/sda2", "partition"}};
  node.fstab_swaps = {"UUID=2"};
  node.proxies = {"/etc/systemd/system.conf"};
  node.forward_drop = node.oom_score_fixed = node.conntrack_fixed = node.kernel_config_unreadable = true;
  facts.cgroup = "hybrid";
  return facts;
}

Answers lonely_answers() {
  Answers answers = sample_cluster_answers();
  answers.cluster.address = "192.0.2.10";
  answers.cluster.nameservers.clear();
  return answers;
}

TEST(ClusterPlan, LimitsOnWatchedFiles) {
  const auto lasting = [](const Plan& plan) {
    const std::string content = content_of(plan, "sysctl-file");
    return content.substr(content.find("net.ipv4.ip_forward=1\n") + 22);
  };
  Facts facts = sample_node_facts();
  EXPECT_EQ(lasting(plan_for(facts)), "fs.inotify.max_user_instances=8192\nfs.inotify.max_user_watches=524288\n");
  facts.node.limits = {{"fs.inotify.max_user_instances", 128}, {"fs.inotify.max_user_watches", 1048576}};
  const Texts raised{"fs.inotify.max_user_instances>=8192", "fs.inotify.max_user_watches>=524288"};
  EXPECT_EQ(lasting(plan_for(facts)), "fs.inotify.max_user_instances=8192\n");
  EXPECT_EQ(action_of<SetSysctls>(plan_for(facts), "limits").settings, raised);
  facts.node.limits["fs.inotify.max_user_instances"] = 8192;  // as an earlier install left it
  EXPECT_EQ(lasting(plan_for(facts)), "fs.inotify.max_user_instances=8192\n");
}

TEST(ClusterPlan, LimitsOfTheMachineAroundAContainer) {
  Facts facts = sample_node_facts();
  facts.node.container = "lxc";
  facts.node.limits = {{"fs.inotify.max_user_instances", 128}, {"fs.inotify.max_user_watches", 1048576}};
  const Plan plan = plan_for(facts);
  EXPECT_EQ(find_step(plan, "limits"), nullptr);
  EXPECT_EQ(content_of(plan, "sysctl-file").find("inotify"), std::string::npos);
  const std::string said =
      "this machine is a container (lxc) and fs.inotify.max_user_instances is 128: if programs end with 'too many open files', raise it "
      "on the machine around it to 8192";
  EXPECT_EQ(std::count(plan.cautions.begin(), plan.cautions.end(), said), 1);
}

TEST(ClusterPlan, OnAMachineOfALan) {
  const Plan plan = plan_for(sample_node_facts());
  EXPECT_EQ(plan.refusals, Texts{});
  test::expect_golden("plan/cluster.txt", render_plan(plan, sample_header()));
  test::expect_golden("plan/cluster-files.txt", written_files(plan));
}

TEST(ClusterPlan, OnAMachineByItself) {
  const Plan plan = plan_for(lonely_facts(), lonely_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  test::expect_golden("plan/cluster-alone.txt", render_plan(plan, sample_header()));
  test::expect_golden("plan/cluster-alone-files.txt", written_files(plan));
}

Index docker_index(const std::string& version) {
  Index index = sample_cluster_index();
  index.appliance.cluster.version = version;
  index.appliance.cluster.runtime = index.appliance.runtime.kind = "docker";
  index.appliance.packages.install.push_back("docker.io");
  index.appliance.files.push_back({"cri-dockerd", "files/cri-dockerd", "/usr/local/bin/cri-dockerd", 0755, "root", "root"});
  return index;
}

TEST(ClusterPlan, WithDockerAndWhatStandsBetween) {
  const Plan plan = plan_for(docker_index("1.34.4"), sample_node_facts());
  EXPECT_EQ(plan.refusals, Texts{});
  test::expect_golden("plan/cluster-docker.txt", render_plan(plan, sample_header()));
  test::expect_golden("plan/cri-docker.service", content_of(plan, "cri-docker-unit"));
}

TEST(ClusterPlan, DockerIsStartedWithoutAProxyAndProvenBeforeKubernetesBegins) {
  Facts facts = sample_node_facts();
  facts.node.proxies = {"/etc/systemd/system/docker.service.d/proxy.conf"};
  const Plan plan = plan_for(docker_index("1.34.4"), facts);
  const std::string drop_in = "/etc/systemd/system/docker.service.d/rootcellar-no-proxy.conf";
  EXPECT_EQ(action_of<WriteFile>(plan, "proxy").path, drop_in);
  EXPECT_EQ(action_of<SetUnit>(plan, "docker-service").watch, (Texts{"/etc/docker/daemon.json", drop_in}));
  EXPECT_LT(place_of_step(plan, "upstream-docker-io-library-page-1-0"), place_of_step(plan, "kubeadm-config"));
  EXPECT_NE(find_step(plan_for(docker_index("1.34.4"), sample_node_facts()), "proxy"), nullptr);  // none is set yet
}

TEST(ClusterPlan, DockerStartsAContainerOfEveryUpstreamBeforeKubernetesBegins) {
  const Plan plan = plan_for(docker_index("1.34.4"), sample_node_facts());
  const Check check = action_of<RunCheck>(plan, "start-registry-k8s-io").check;
  EXPECT_EQ(check.name, "docker starts registry.k8s.io/pause:3.10.1");
  EXPECT_EQ(check.argv,
            (Texts{"/usr/bin/docker", "run", "--rm", "--privileged", "--network=none", "--oom-score-adj=-998",
                   "--volume=/usr/local/bin/kubeadm:/rootcellar-proof:ro", "--entrypoint=/rootcellar-proof",
                   "registry.k8s.io/pause:3.10.1", "version", "--output=short"}));
  EXPECT_EQ(check.expect, "1.34.4");
  for (const char* start : {"start-docker-io", "start-quay-io", "start-registry-k8s-io"}) {
    EXPECT_LT(place_of_step(plan, "file-kubeadm"), place_of_step(plan, start));
    EXPECT_LT(place_of_step(plan, "upstream-quay-io-team-tool-2"), place_of_step(plan, start));
    EXPECT_LT(place_of_step(plan, start), place_of_step(plan, "kubeadm-config"));
  }
}

TEST(ClusterPlan, DockerWhereNothingMayLowerItsOomScore) {
  Facts facts = sample_node_facts();
  facts.node.oom_score_fixed = true;
  const Texts refused{
      "nothing here may lower its oom_score_adj, which docker does for every pod and has no setting against: take a machine that is no "
      "container, a bundle with containerd, or name a runtime that lets it be as 'default-runtime' in /etc/docker/daemon.json"};
  EXPECT_EQ(plan_for(docker_index("1.34.4"), facts).refusals, refused);
  facts.daemon_json = R"({"default-runtime": "runc"})";
  EXPECT_EQ(plan_for(docker_index("1.34.4"), facts).refusals, refused);
  facts.daemon_json = R"({"default-runtime": "other", "runtimes": {"other": {"path": "/usr/local/sbin/other"}}})";
  EXPECT_EQ(plan_for(docker_index("1.34.4"), facts).refusals, Texts{});
}

TEST(ClusterPlan, WithDockerThatTheKubeletSpeaksToItself) {
  Facts facts = sample_node_facts();
  facts.cgroup = "hybrid";
  const Plan plan = plan_for(docker_index("1.17.11"), facts);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(find_step(plan, "cri-docker-unit"), nullptr);
  EXPECT_NE(content_of(plan, "kubelet-unit").find("After=network-online.target rootcellar-route.service docker.service\n"),
            std::string::npos);
  EXPECT_EQ(action_of<KubeadmInit>(plan, "kubeadm-init").cri_socket, "/var/run/dockershim.sock");
  EXPECT_EQ(action_of<MarkNode>(plan, "mark-node").remove_taints, Texts{"node-role.kubernetes.io/master"});
}

TEST(ClusterPlan, SettingsOfContainerdTwo) {
  Index index = sample_cluster_index();
  for (PackageFile& file : index.appliance.packages.files) {
    if (file.name == "containerd") file.version = "2.1.4~ds1-6";
  }
  Facts facts = sample_node_facts();
  facts.node.oom_score_fixed = true;
  test::expect_golden("plan/containerd-2.toml", content_of(plan_for(index, facts), "containerd-config"));
}

TEST(ClusterPlan, ImagesAreProvenBeforeKubernetesBegins) {
  const Plan plan = plan_for(sample_node_facts());
  for (const char* proof : {"proof-docker-io", "proof-quay-io", "proof-registry-k8s-io", "ahead-registry-k8s-io-kube-apiserver-v1-34-4"}) {
    EXPECT_LT(place_of_step(plan, "containerd-service"), place_of_step(plan, proof)) << proof;
    EXPECT_LT(place_of_step(plan, proof), place_of_step(plan, "kubeadm-config")) << proof;
  }
  EXPECT_EQ(action_of<PullIntoContainerd>(plan, "proof-registry-k8s-io").name, "registry.k8s.io/pause:3.10.1");
  EXPECT_LT(place_of_step(plan, "file-crictl"), place_of_step(plan, "proof-docker-io"));
}

TEST(ClusterPlan, AnImageThatPeoplePushedOverIsNotCompared) {
  Facts facts = sample_node_facts();
  facts.pushed_over = {"registry.k8s.io/pause:3.10.1"};
  EXPECT_EQ(action_of<PullIntoContainerd>(plan_for(facts), "proof-registry-k8s-io").digest, Digest{});
  EXPECT_NE(action_of<PullIntoContainerd>(plan_for(sample_node_facts()), "proof-registry-k8s-io").digest, Digest{});
}

TEST(ClusterPlan, InAContainerSwapAndKernelAreTheMachinesAroundIt) {
  Facts facts = sample_node_facts();
  facts.node.container = "lxc";
  facts.node.swaps = {{"/dev/sda2", "partition"}};
  const Plan plan = plan_for(facts);
  EXPECT_EQ(find_step(plan, "swap-off"), nullptr);
  EXPECT_EQ(action_of<KubeadmInit>(plan, "kubeadm-init").ignore, (Texts{"SystemVerification", "Swap"}));
  EXPECT_NE(content_of(plan, "kubeadm-config").find("failSwapOn: false\n"), std::string::npos);
}

TEST(ClusterPlan, TheSiteIsKnownToEveryText) {
  Answers answers = sample_cluster_answers();
  answers.registry_listen = "0.0.0.0:5000";
  answers.cluster.endpoint = "lab.site";
  const Plan plan = plan_for(sample_node_facts(), answers);
  std::string text;
  for (const TemplateValue& value : action_of<HelmRelease>(plan, "deploy-web").values) text += value.name + "=" + value.value + "\n";
  EXPECT_EQ(text,
            "site.address=192.0.2.7\nsite.endpoint=lab.site\nsite.hostname=bench7\nsite.interface=eth0\nsite.pod_cidr=10.244.0.0/16\n"
            "site.registry=192.0.2.7:5000\nsite.service_cidr=10.96.0.0/16\nanswers.domain=lab.example\n");
}

TEST(ClusterPlan, TheInterfaceThatLeadsOutDecides) {
  Facts facts = sample_node_facts();
  facts.node.addresses = {{"172.17.0.1", "docker0"}, {"198.51.100.3", "eth1"}, {"192.0.2.7", "eth0"}};
  EXPECT_NE(content_of(plan_for(facts), "kubeadm-config").find("advertiseAddress: \"192.0.2.7\""), std::string::npos);
  facts.node.routes = {{"eth0", {0xc0000200, 24}, 0, 0}};
  facts.node.addresses = {{"172.17.0.1", "docker0"}, {"192.0.2.7", "eth0"}};
  const Plan plan = plan_for(facts);
  EXPECT_NE(content_of(plan, "route-unit").find("ExecStart=/usr/sbin/ip route replace default dev eth0 metric 9999 src 192.0.2.7\n"),
            std::string::npos);
  EXPECT_NE(
      std::find(plan.cautions.begin(), plan.cautions.end(),
                "this machine has no default route: it gets one at eth0 that leads nowhere, of the lowest rank, because Kubernetes asks "
                "for one"),
      plan.cautions.end());
}

TEST(ClusterPlan, PlannedAgainItIsTheSame) {
  const Plan first = plan_for(lonely_facts(), lonely_answers());
  Facts facts = lonely_facts();
  facts.node.addresses = {{"192.0.2.10", "rootcellar0"}};
  facts.node.routes = {{"rootcellar0", {0, 0}, 0, 9999}, {"rootcellar0", {0xc000020a, 31}, 0, 0}};
  facts.node.hosts = {{"cluster.internal", "192.0.2.10"}};
  facts.node.cluster_file = "/etc/kubernetes/admin.conf";
  facts.ports = {{6443, "::", "root"}};
  facts.installed = InstalledBundle{"lab", "cpu", 3, bundle_id(encode_header(sample_header())), first.steps};
  const Plan again = plan_for(facts, lonely_answers());
  EXPECT_EQ(again.refusals, Texts{});
  EXPECT_EQ(plan_json(again).find("steps")->dump(), plan_json(first).find("steps")->dump());
}

TEST(ClusterPlan, AsksForTheSpaceOfTheClustersState) {
  const std::vector<std::string> paths = space_paths(sample_cluster_index(), {});
  for (const char* path : {"/var/lib/containerd", "/var/lib/etcd", "/var/lib/kubelet", "/usr/local/bin"})
    EXPECT_NE(std::find(paths.begin(), paths.end(), path), paths.end()) << path;
  Facts facts = sample_node_facts();
  facts.space["/var/lib/etcd"].device = 7;
  facts.space["/var/lib/etcd"].available = 100'000'000;
  EXPECT_EQ(plan_for(facts).refusals, Texts{"the filesystem of /var/lib/etcd needs 604.0 MB and has 100.0 MB free: make room, or answer a "
                                            "'storage.root' on a larger disk"});
}

TEST(ClusterPlan, OtherNodesAreAskedForLayersBeforeTheRegistry) {
  Index index = sample_cluster_index();
  index.appliance.cluster.peer_mirror = 30020;
  const Plan plan = plan_for(index, sample_node_facts());
  EXPECT_EQ(content_of(plan, "mirror-docker-io"),
            "server = \"http://127.0.0.1:5000/v2/docker.io\"\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n\n"
            "[host.\"http://192.0.2.7:30020\"]\ncapabilities = [\"pull\"]\n\n"
            "[host.\"http://127.0.0.1:5000/v2/docker.io\"]\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n");
  EXPECT_EQ(find_step(plan, "mirror-docker-io")->reason,
            "Images of docker.io come from other nodes that have them, else from the registry at 127.0.0.1:5000, under their own names.");
  EXPECT_EQ(content_of(plan, "mirror-default").find("30020"), std::string::npos);
}

Index with_export(const std::string& host, const std::string& format = "tator") {
  Index index = sample_cluster_index();
  index.appliance.cluster.exports = {{"tator", "", "remote", {"admin"}, {"reader"}, host, "/root/tator.yaml", format}};
  return index;
}

TEST(ClusterPlan, AnExportIsForANameOfTheApiServer) {
  const Plan plan = plan_for(with_export("lab.example"), sample_node_facts());
  EXPECT_EQ(plan.steps.back().id, "export-tator");
  const auto& access = action_of<ExportAccess>(plan, "export-tator");
  EXPECT_EQ(access.host, "lab.example");
  EXPECT_EQ(access.space, "default");
  EXPECT_EQ(access.node, sample_node_facts().node.hostname);
  EXPECT_EQ(action_of<ExportAccess>(plan_for(with_export(""), sample_node_facts()), "export-tator").host, "192.0.2.7");
  Answers answers = sample_cluster_answers();
  answers.values["host"] = "jobs.lab";
  EXPECT_EQ(
      plan_for(with_export("${answers.host}"), sample_node_facts(), answers).refusals,
      Texts{"export 'tator' is for hosts that reach this cluster as 'jobs.lab', and the API server's certificate is not for that name: "
            "add it to the answers below 'cluster', 'cert_sans'"});
  answers.cluster.cert_sans = {"jobs.lab"};
  const Plan named = plan_for(with_export("${answers.host}"), sample_node_facts(), answers);
  EXPECT_EQ(named.refusals, Texts{});
  EXPECT_EQ(action_of<ExportAccess>(named, "export-tator").host, "jobs.lab");
  const std::string text = render_plan(named, sample_header());
  for (const char* line :
       {"whoever has the file is service account remote in namespace default, and has ClusterRole admin, Role reader there",
        "for a host that reaches the API server as jobs.lab:6443; uninstall makes the token worthless",
        "whoever has /root/tator.yaml may do in the cluster what service account 'remote' may: carry it as you carry a key"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(ClusterPlan, AnExportForAHostThatNobodyNames) {
  EXPECT_EQ(plan_for(with_export("${answers.host}"), sample_node_facts()).refusals,
            Texts{"the appliance asks for 'host' (host of export 'tator'), and nobody says what it is: answer it below 'values'"});
}

Index with_job() {
  Index index = sample_cluster_index();
  Deployment job{.name = "fill", .kind = "job", .space = "lab", .argv = {"/bin/fill"}};
  job.image = "docker.io/library/page:1.0";
  job.environment = {{"DOMAIN", "${answers.domain}", "", ""}, {"PASSWORD", "", "db", "password"}};
  index.appliance.cluster.deploy.push_back(job);
  return index;
}

// Other values, such as this machine's address, may change and are no reason to run it again.
TEST(ClusterPlan, AJobKnowsItsImageAndTheValuesItUses) {
  const Plan plan = plan_for(with_job(), sample_node_facts());
  const auto& job = action_of<RunJob>(plan, "deploy-fill");
  EXPECT_EQ(job.digest, sample_cluster_index().images.front().digest);
  ASSERT_EQ(job.values.size(), 1u);
  EXPECT_EQ(job.values.front().name, "answers.domain");
  EXPECT_EQ(job.attempts, 1u);
  EXPECT_NE(render_plan(plan, sample_header()).find("runs /bin/fill of docker.io/library/page:1.0 in namespace lab; gives up after 15 min"),
            std::string::npos)
      << render_plan(plan, sample_header());
  Facts facts = sample_node_facts();
  facts.pushed_over = {"docker.io/library/page:1.0"};
  EXPECT_EQ(action_of<RunJob>(plan_for(with_job(), facts), "deploy-fill").digest, Digest{});
}

TEST(ClusterPlan, StepsSurviveTheJournalAndHaveUniqueNames) {
  const Plan plan = plan_for(lonely_facts(), lonely_answers());
  std::set<std::string> ids;
  for (const Step& step : plan.steps) {
    EXPECT_EQ(encode_step(decode_step(encode_step(step), "journal")), encode_step(step)) << step.id;
    EXPECT_TRUE(ids.insert(step.id).second) << step.id;
    EXPECT_TRUE(step.reason.ends_with('.')) << step.id << ": " << step.reason;
  }
}

}  // namespace
}  // namespace rootcellar
