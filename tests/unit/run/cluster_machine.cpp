#include "tests/unit/run/cluster_machine.h"

#include "bundle/base/text.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_ticket_token = "abcdef.0123456789abcdef";
constexpr const char* k_argo =
    "kind: CustomResourceDefinition\nmetadata:\n  name: workflows.argoproj.io\n---\nkind: Workflow\nmetadata:\n  name: hello\n";

std::string web_manifest(std::string_view version) {
  return cat(
      "kind: Secret\nmetadata:\n  name: web\nstringData:\n  password: ${secret.db}\n  site: ${site.address}\n---\nkind: "
      "Service\nmetadata:\n"
      "  name: web\n  labels:\n    version: ",
      version, "\n");
}

std::vector<TemplateValue> values() { return {{"site.address", "10.0.0.1"}}; }

GeneratedSecret secret(const std::string& name, const std::string& kind, const std::string& other = {}) {
  GeneratedSecret made;
  made.name = name;
  made.kind = kind;
  made.secret = other;
  if (kind == "jwt") made.claims = R"({"iss":"${site.address}"})";
  if (kind == "dockerconfigjson") made.user = "lab", made.server = "${site.address}:5000";
  return made;
}

ClusterWait wait(const std::string& kind, const std::string& target, const std::string& expression = {}, const std::string& expect = {}) {
  ClusterWait made;
  made.kind = kind;
  made.target = target;
  made.space = kind == "http" || target.starts_with("node/") ? "" : "lab";
  made.expression = expression;
  made.expect = expect;
  made.time_limit = 60;
  return made;
}

RunJob job(const std::string& name) {
  RunJob made{.name = name, .space = "lab", .image = "docker.io/lab/web:1", .argv = {"/bin/admin", "create"}, .account = "runner"};
  made.environment = {{"LOGIN", "", "web-login", "password"}, {"WHERE", "${site.address}", "", ""}};
  made.values = values();
  return made;
}

std::vector<Step> node_steps() {
  return {
      {"fstab", "keep swap off", "", EditLines{"/etc/fstab", {}, "swap"}},
      {"hosts", "name the cluster", "", EditLines{"/etc/hosts", {"10.0.0.1 cluster.internal"}, ""}},
      {"swap", "switch swap off", "", SwapOff{}},
      {"modules", "load modules", "", LoadModules{{"overlay"}}},
      {"ufw", "open ufw", "", OpenFirewall{"ufw", "", {"allow from 10.244.0.0/16", "route allow to 10.244.0.0/16", "allow 6443/tcp"}}},
      {"firewalld", "open firewalld", "", OpenFirewall{"firewalld", "eth0", {"source 10.244.0.0/16", "port 6443/tcp"}}},
      {"cdi-directory", "make a directory", "", MakeDirectory{"/etc/cdi"}},
      {"cdi", "describe the cards", "", GenerateCdi{"/usr/bin/nvidia-ctk", "/etc/cdi/nvidia.yaml"}},
      {"sysctls", "forward packets", "", SetSysctls{{"net.ipv4.ip_forward=1", "fs.inotify.max_user_instances>=8192"}}},
      {"pull", "pull an image", "", PullIntoContainerd{"docker.io/lab/web:1", sha256(as_bytes("docker.io/lab/web:1")), true}},
      {"pin", "pin an image", "", PullIntoContainerd{"registry.lab/theirs:1", {}, true}},
      {"db", "make a password", "", MakeSecret{secret("db", "password"), {}}},
      {"authority", "stand in for an authority", "", MakeSecret{secret("site-authority", "password"), {}}},
      {"certificate", "stand in for a certificate", "", MakeSecret{secret("site-certificate", "password"), {}}},
      {"certificate-key", "stand in for its key", "", MakeSecret{secret("site-certificate-key", "password"), {}}},
      {"token", "make a token", "", MakeSecret{secret("token", "jwt", "db"), values()}},
      {"pulls", "make a pull secret", "", MakeSecret{secret("pulls", "dockerconfigjson", "db"), values()}},
      {"config", "write kubeadm's configuration", "", WriteFile{"/etc/rootcellar-kubeadm.yaml", "kind: InitConfiguration\n", 0600, {}}},
      {"init", "start the cluster", "",
       KubeadmInit{
           "/etc/rootcellar-kubeadm.yaml", "unix:///run/containerd/containerd.sock", {"SystemVerification"}, {"/var/lib/etcd"}, false}},
  };
}

}  // namespace

void set_up_cluster_machine(MemoryHost& host) {
  set_up_machine(host);
  set_up_node_tools(host);
  set_up_cluster_tools(host);
  host.set_server([](MemoryHost& machine, const std::string&) {
    const bool up = read_lines(machine, k_objects).contains("lab deployment/chart");
    return up ? HttpReply{.status = 200, .body = "welcome", .headers = {}}
              : HttpReply{.status = 0, .body = "Connection refused", .headers = {}};
  });
}

void set_up_joining_machine(MemoryHost& host) {
  set_up_cluster_machine(host);
  host.add_file(k_remote_api, "");
  for (const char* name : {"join-token", "join-certificate-key"})
    host.add_file(cat("/var/lib/rootcellar/secrets/", name), k_ticket_token, 0600);
}

Bundle cluster_bundle(const std::string& directory) {
  BundleMaker maker;
  maker.add_file("charts/chart.tgz", "a chart");
  maker.add_file("manifests/argo.yaml", k_argo);
  return maker.build(directory);
}

Bundle next_cluster_bundle(const std::string& directory) {
  BundleMaker maker;
  maker.add_file("charts/chart.tgz", "another chart");
  maker.add_file("manifests/argo.yaml", k_argo);
  return maker.build(directory);
}

std::vector<Step> cluster_plan() {
  std::vector<Step> steps = node_steps();
  const std::vector<Step> deployed = {
      {"node", "mark the node", "", MarkNode{"one", {"role=web", "balanced-"}, {"node-role.kubernetes.io/control-plane"}}},
      {"ready", "wait for the node", "",
       WaitInCluster{wait("jsonpath", "node/one", R"({.status.conditions[?(@.type=="Ready")].status})", "True"), {}}},
      {"node-pods", "wait for its pods", "", WaitInCluster{wait(k_wait_for_node_pods, "one"), {}}},
      {"trust", "share trust", "", ShareTrust{"people"}},
      {"argo", "apply argo", "", ApplyManifest{"argo", "lab", {"manifests/argo.yaml"}, "", false, {}}},
      {"web", "apply web", "", ApplyManifest{"web", "lab", {}, web_manifest("1"), false, values()}},
      {"workflow", "wait for the workflow", "", WaitInCluster{wait("jsonpath", "workflow/hello", "{.status.phase}", "Succeeded"), {}}},
      {"trial", "try a claim out", "",
       TryManifest{{"claim", "lab", {}, "kind: Claim\nmetadata:\n  name: mine\n", false, {}},
                   {wait("jsonpath", "claim/mine", "{.status.phase}", "Succeeded")}}},
      {"chart", "install the chart", "", HelmRelease{"chart", "apps", "charts/chart.tgz", "password: ${secret.db}\n", values(), 600}},
      {"lab-chart", "install it again", "", HelmRelease{"chart", "lab", "charts/chart.tgz", "", {}, 600}},
      {"rollout", "wait for the chart", "", WaitInCluster{wait("rollout", "deployment/chart"), {}}},
      {"page", "wait for the page", "", WaitInCluster{wait("http", "http://${site.address}:80/", "", "welcome"), values()}},
      {"migrate", "migrate the database", "",
       ExecInPod{"migrate", "lab", "deployment/chart", "web", {"migrate"}, {"test", "-e", "/done"}, "${secret.db}", {}, 60}},
      {"seed", "seed the database", "", ExecInPod{"seed", "lab", "deployment/chart", "", {"seed"}, {}, "${secret.db}", {}, 60}},
      {"job", "run a job", "", job("superuser")},
      {"export", "write the file", "",
       ExportAccess{"tator", "jobs", "remote", {"admin"}, {"reader"}, "jobs.lab", 6443, "/srv/tator/remote.yaml", "tator", "one"}},
      {"capture", "read the address", "", CaptureValue{{"address", "service/web", "lab", "{.spec.clusterIP}"}}},
      {"ingress", "apply what needs it", "",
       ApplyManifest{"ingress", "edge", {}, "kind: ConfigMap\nmetadata:\n  name: to\ndata:\n  a: ${capture.address}\n", false, {}}},
  };
  steps.insert(steps.end(), deployed.begin(), deployed.end());
  return steps;
}

std::vector<Step> next_cluster_plan(const Bundle&) {
  std::vector<Step> steps = cluster_plan();
  std::erase_if(steps, [](const Step& step) { return step.id == "ingress"; });
  for (Step& step : steps) {
    if (auto* lines = std::get_if<EditLines>(&step.action); lines != nullptr && step.id == "hosts")
      lines->add = {"10.0.0.2 cluster.internal"};
    if (auto* firewall = std::get_if<OpenFirewall>(&step.action))
      firewall->rules.back() = firewall->kind == "ufw" ? "allow 6444/tcp" : "port 6444/tcp";
    if (auto* manifest = std::get_if<ApplyManifest>(&step.action); manifest != nullptr && step.id == "web")
      manifest->text = web_manifest("2");
    if (auto* again = std::get_if<RunJob>(&step.action)) again->argv = {"/bin/admin", "update"};
    if (auto* access = std::get_if<ExportAccess>(&step.action)) access->roles = {"writer"};
  }
  return steps;
}

namespace {

std::vector<Step> joining_plan(bool control_plane) {
  KubeadmInit join;
  join.config = "/run/rootcellar-join/kubeadm.yaml";
  join.cri_socket = "unix:///run/containerd/containerd.sock";
  join.clean = {"/var/lib/cni"};
  join.join = true;
  join.text = "kind: JoinConfiguration\ntoken: \"${secret.join-token}\"\n";
  join.secrets = {"join-token", "join-certificate-key"};
  join.node = "two";
  if (control_plane) join.text += "controlPlane:\n  certificateKey: \"${secret.join-certificate-key}\"\n";
  const std::string key = control_plane ? k_admin_kubeconfig : k_kubelet_kubeconfig;
  std::vector<Step> steps = {
      {"hosts", "name the cluster", "", EditLines{"/etc/hosts", {"10.0.0.1 cluster.internal"}, ""}},
      {"join", "join the cluster", "", join},
      {"ready", "wait for the node", "",
       WaitInCluster{wait("jsonpath", "node/two", R"({.status.conditions[?(@.type=="Ready")].status})", "True"), {}, key}},
      {"node-pods", "wait for its pods", "", WaitInCluster{wait(k_wait_for_node_pods, "two"), {}, key}},
  };
  if (control_plane) steps.insert(steps.begin() + 2, {"node", "mark the node", "", MarkNode{"two", {"role=web"}, {}}});
  return steps;
}

std::vector<Step> at_another_address(std::vector<Step> steps) {
  std::get<EditLines>(steps.front().action).add = {"10.0.0.2 cluster.internal"};
  return steps;
}

}  // namespace

std::vector<Step> worker_plan() { return joining_plan(false); }
std::vector<Step> control_plane_plan() { return joining_plan(true); }
std::vector<Step> next_worker_plan(const Bundle&) { return at_another_address(worker_plan()); }
std::vector<Step> next_control_plane_plan(const Bundle&) { return at_another_address(control_plane_plan()); }

}  // namespace rootcellar::test
