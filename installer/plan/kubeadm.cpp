#include <algorithm>
#include <array>
#include <map>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/storage.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_config = "/etc/rootcellar/kubeadm.yaml";
constexpr int k_sandbox_oom_score = -998;  // of every pod's first container: kubernetes/kubernetes, pkg/kubelet/qos/policy.go

/// Zero, which is not compared, where people have pushed another image under the name.
Digest expected_digest(const PlanInput& input, const ImageEntry& image) {
  return input.join == nullptr && !input.pushed_over(image_name(image)) ? served_digest(input, image) : Digest{};
}

/// What a worker never runs: kubeadm's static pods, by the last part of their images' names in every version.
bool is_of_control_plane(std::string_view name) {
  constexpr std::array<std::string_view, 4> k_programs = {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"};
  const std::string_view last = name.substr(name.rfind('/') + 1);
  return std::find(k_programs.begin(), k_programs.end(), last.substr(0, last.find_first_of(":@"))) != k_programs.end();
}

/// Of kubeadm's images, those that this machine runs.
std::vector<std::string> wanted_images(const PlanInput& input) {
  const ClusterSection& section = input.appliance().cluster;
  std::vector<std::string> names = section.images;
  if (input.join != nullptr && !input.join->control_plane) std::erase_if(names, is_of_control_plane);
  if (std::find(names.begin(), names.end(), section.sandbox_image) == names.end()) names.push_back(section.sandbox_image);
  const std::string nfs = nfs_image(input);
  if (std::find(names.begin(), names.end(), nfs) == names.end()) names.push_back(nfs);
  std::erase(names, std::string());
  return names;
}

void plan_pulls(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  for (const auto& [host, image] : proof_images(input)) {
    add_step(plan, cat("proof-", step_slug(host)), cat("pull ", image_name(*image), " into containerd"),
             cat("Proves, before Kubernetes begins, that this machine gets images of ", host, " from ", site.mirror, "."),
             PullIntoContainerd{image_name(*image), expected_digest(input, *image), true});
  }
  for (const std::string& name : wanted_images(input)) {
    const ImageEntry* image = find_image(input, name);
    if (image == nullptr) continue;  // refused by plan_cluster_images
    const auto proof = proof_images(input)[upstream_host(image->repository)];
    if (proof == image) continue;
    add_step(plan, cat("ahead-", step_slug(name)), cat("pull ", name, " into containerd"),
             "Kubernetes starts from images that are here, and keeps them.",
             PullIntoContainerd{name, expected_digest(input, *image), true});
  }
}

/// docker asks its mirror for docker.io's images only; the others are pulled from the registry and named.
void plan_images_of_docker(const PlanInput& input, Plan& plan) {
  std::vector<std::string> names = wanted_images(input);
  const std::vector<std::string>& all = input.appliance().cluster.images;  // those not among `names` run on other machines
  for (const ImageEntry& image : input.index.images) {
    if (upstream_host(image.repository) == "docker.io") continue;
    const bool listed = std::any_of(names.begin(), names.end(), [&](const std::string& name) { return find_image(input, name) == &image; });
    const bool elsewhere = std::any_of(all.begin(), all.end(), [&](const std::string& name) { return find_image(input, name) == &image; });
    if (!listed && !elsewhere) names.push_back(image_name(image));
  }
  const std::vector<std::string>& preload = input.appliance().runtime.preload;
  std::erase_if(names, [&](const std::string& name) { return std::find(preload.begin(), preload.end(), name) != preload.end(); });
  plan_docker_images(input, names, plan);
}

/// As the kubelet starts kube-proxy's, which may do anything, and a pod's first; with a program that is in no image and needs nothing of one.
Check start_check(const ImageEntry& image, const std::string& kubeadm, const std::string& version) {
  const std::string inside = "/rootcellar-proof";
  Check check{cat("docker starts ", image_name(image)), "run"};
  check.argv = {std::string(k_docker), "run", "--rm", "--privileged", "--network=none", cat("--oom-score-adj=", k_sandbox_oom_score),
                cat("--volume=", kubeadm, ":", inside, ":ro"), cat("--entrypoint=", inside), image_name(image), "version", "--output=short"};
  check.expect = version;
  return check;
}

void plan_docker_starts(const PlanInput& input, Plan& plan) {
  const std::optional<std::string> kubeadm = placed_program(input.appliance(), "kubeadm");
  if (!kubeadm) return;  // refused by plan_cluster_fit
  for (const auto& [host, image] : proof_images(input)) {
    add_step(plan, cat("start-", step_slug(host)), cat("start a container of ", image_name(*image)),
             cat("Proves, before Kubernetes begins, that docker runs images of ", host, " as the kubelet will ask it to."),
             RunCheck{start_check(*image, *kubeadm, input.appliance().cluster.version)});
  }
}

void plan_init(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const std::string config(k_config);
  add_step(plan, "kubeadm-config", cat("write ", config),
           "Says what kubeadm would otherwise ask the internet, a route or a nameserver for.",
           WriteFile{config, kubeadm_init_config(kubeadm_settings(input, site)), 0600});
  add_step(plan, "kubeadm-init", "make the cluster",
           cat("Kubernetes ", input.appliance().cluster.version, "'s own kubeadm makes this machine its first control-plane node."),
           KubeadmInit{config,
                       cri_socket(*site.dialect, input.appliance().cluster.runtime),
                       left_out_checks(input),
                       {"/etc/cni/net.d", "/var/lib/cni", input.appliance().cluster.cni_programs, "/var/lib/etcd"}});
  GeneratedSecret key;
  key.name = k_site_key;
  key.kind = k_site_key_kind;
  add_step(plan, "site-key", "make the site's key", "It signs the tickets by which other machines join the cluster.", MakeSecret{key, {}});
}

void plan_kubelet(Plan& plan) {
  add_step(
      plan, "kubelet-service", "enable and start kubelet.service", "The node comes back after a boot.",
      SetUnit{"kubelet.service",
              true,
              true,
              true,
              {"/etc/systemd/system/kubelet.service", "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", "/usr/local/bin/kubelet"}});
}

/// Who joins as a worker has no key of the cluster.
void plan_kubeconfig(const PlanInput& input, Plan& plan) {
  if (input.join != nullptr && !input.join->control_plane) return;
  plan_shell_kubeconfig(k_admin_kubeconfig, plan);
}

}  // namespace

std::map<std::string, const ImageEntry*> proof_images(const PlanInput& input) {
  std::map<std::string, const ImageEntry*> proofs;
  for (const ImageEntry& image : input.index.images) {
    const ImageEntry*& best = proofs[upstream_host(image.repository)];
    if (best == nullptr || image_bytes(input.index, image) < image_bytes(input.index, *best)) best = &image;
  }
  return proofs;
}

std::string image_name(const ImageEntry& image) {
  return image.tags.empty() ? cat(image.repository, "@", image.digest.named()) : cat(image.repository, ":", image.tags.front());
}

// kubectl finds the cluster for root in every login shell, and no copy of the key grows old.
void plan_shell_kubeconfig(const std::string& kubeconfig, Plan& plan) {
  const std::string path = "/etc/profile.d/rootcellar-cluster.sh";
  add_step(plan, "kubeconfig", cat("write ", path), "In root's login shells kubectl and helm find the cluster.",
           WriteFile{path, cat("# root's key of the cluster on this machine, where nothing else is said\n"
                               "if [ \"$(id -u)\" = 0 ] && [ -z \"$KUBECONFIG\" ] && [ ! -e \"$HOME/.kube/config\" ]; then\n"
                               "  export KUBECONFIG=",
                               kubeconfig, "\nfi\n")});
  plan.cautions.push_back(cat("kubectl asks the cluster in a login shell of root ('sudo -i'); for others, copy ", kubeconfig,
                              ": whoever has it may do anything in the cluster"));
}

std::vector<std::string> left_out_checks(const PlanInput& input) {
  std::vector<std::string> checks;
  const NodeFacts& node = input.facts.node;
  if (node.kernel_config_unreadable || !node.container.empty()) checks.emplace_back("SystemVerification");
  if (!node.container.empty() && !node.swaps.empty()) checks.emplace_back("Swap");
  return checks;
}

void plan_cluster_images(const PlanInput& input, Plan& plan) {
  if (!input.own_cluster()) return;
  const ClusterSite site = make_cluster_site(input);
  for (const std::string& name : wanted_images(input)) {
    if (find_image(input, name) == nullptr)
      plan.refusals.push_back(cat("the cluster wants image '", name, "', which is not in the bundle"));
  }
  if (!site.ready()) return;
  if (input.cluster_containerd()) {
    plan_pulls(input, site, plan);
  } else {
    plan_images_of_docker(input, plan);
    plan_docker_starts(input, plan);
  }
}

void plan_kubeadm(const PlanInput& input, Plan& plan) {
  if (!input.own_cluster()) return;
  const ClusterSite site = make_cluster_site(input);
  if (!site.ready()) return;
  input.join == nullptr ? plan_init(input, site, plan) : plan_join(input, site, plan);
  plan_kubelet(plan);
  plan_kubeconfig(input, plan);
}

}  // namespace rootcellar
