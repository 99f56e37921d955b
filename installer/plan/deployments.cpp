#include <algorithm>

#include "bundle/base/text.h"
#include "bundle/site_template.h"
#include "installer/plan/existing.h"
#include "installer/plan/lan_site.h"
#include "installer/plan/storage.h"

namespace rootcellar {
namespace {

class Deployments {
 public:
  Deployments(const PlanInput& input, const ClusterSite& site, Plan& plan)
      : input_(input),
        values_(template_values(input, site)),
        kubeconfig_(input.site_cluster() ? k_site_kubeconfig : k_admin_kubeconfig),
        plan_(plan) {}

  void add(const Deployment& deployment, const std::string& reason) {
    if (deployment.kind == "trial") return add_trial(deployment);
    add_itself(deployment, reason);
    for (const ClusterWait& wait : deployment.waits) add_wait(deployment, wait);
    for (const ClusterCapture& capture : deployment.captures) add_capture(deployment, capture);
  }

  void add_secret(const GeneratedSecret& secret) {
    add_step(plan_, cat("secret-", step_slug(secret.name)), cat("make the secret '", secret.name, "'"),
             "It is made here, known to nobody else, and stays the same over upgrades.", MakeSecret{secret, values_});
  }

 private:
  static std::string space_of(const Deployment& deployment) { return deployment.space.empty() ? "default" : deployment.space; }

  void add_itself(const Deployment& d, const std::string& reason) {
    const std::string id = cat("deploy-", step_slug(d.name));
    if (d.kind == "manifest") {
      ApplyManifest apply{d.name, space_of(d), d.files, d.text, d.templated, values_, kubeconfig_};
      add_step(plan_, id, cat("apply '", d.name, "'"), reason, std::move(apply));
    } else if (d.kind == "chart") {
      HelmRelease release{d.name, space_of(d), d.files.empty() ? std::string() : d.files.front(), d.text, values_, d.time_limit, kubeconfig_};
      add_step(plan_, id, cat("install the chart '", d.name, "'"), reason, std::move(release));
    } else if (d.kind == "job") {
      add_step(plan_, id, cat("run the job '", d.name, "'"), reason, job_of(d));
    } else {
      ExecInPod exec{d.name, space_of(d), d.target, d.container, d.argv, d.probe, d.input, values_, d.time_limit, kubeconfig_};
      add_step(plan_, id, cat("run '", d.name, "' in ", d.target), reason, std::move(exec));
    }
  }

  /// Of the values only those it uses: another address of this machine is no reason to run it again.
  RunJob job_of(const Deployment& d) const {
    RunJob job{.name = d.name, .space = space_of(d), .image = d.image, .argv = d.argv, .account = d.account, .environment = d.environment};
    if (const ImageEntry* image = find_image(input_, d.image); image != nullptr && !input_.pushed_over(d.image)) job.digest = image->digest;
    job.target = d.target;
    job.container = d.container;
    job.probe = d.probe;
    job.kubeconfig = kubeconfig_;
    job.attempts = std::max<std::uint64_t>(d.attempts, 1);
    job.time_limit = d.time_limit;
    for (const TemplateValue& value : values_) {
      const auto uses = [&](const JobVariable& variable) {
        const std::vector<TemplateReference> used = template_references(variable.value, d.name);
        return std::any_of(used.begin(), used.end(), [&](const TemplateReference& reference) { return value_name(reference) == value.name; });
      };
      if (std::any_of(d.environment.begin(), d.environment.end(), uses)) job.values.push_back(value);
    }
    return job;
  }

  /// Applied, waited for and deleted in one step: afterwards nothing of it is to be found.
  void add_trial(const Deployment& d) {
    TryManifest trial{{d.name, space_of(d), d.files, d.text, d.templated, values_, kubeconfig_}, d.waits};
    for (ClusterWait& wait : trial.waits) {
      if (wait.space.empty()) wait.space = space_of(d);
    }
    add_step(plan_, cat("deploy-", step_slug(d.name)), cat("try '", d.name, "' out"),
             "Proves that the cluster does what the appliance needs of it.", std::move(trial));
  }

  void add_wait(const Deployment& d, ClusterWait wait) {
    if (wait.space.empty()) wait.space = space_of(d);
    const std::string title =
        wait.kind == "http" ? cat("wait for ", shown(wait.target)) : cat("wait for ", wait.target, " in ", wait.space);
    add_step(plan_, cat("wait-", step_slug(d.name), "-", step_slug(wait.target)), title,
             cat("Nothing goes on before '", d.name, "' is up."), WaitInCluster{wait, values_, kubeconfig_});
  }

  /// For a title: what is known now is filled in, the rest stays as it is written.
  std::string shown(std::string text) const {
    for (const TemplateValue& value : values_) {
      const std::string place = cat("${", value.name, "}");
      for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.value.size()))
        text.replace(at, place.size(), value.value);
    }
    return text;
  }

  void add_capture(const Deployment& d, ClusterCapture capture) {
    if (capture.space.empty()) capture.space = space_of(d);
    add_step(plan_, cat("capture-", step_slug(capture.name)), cat("read '", capture.name, "' from ", capture.target),
             "What comes later is told this value.", CaptureValue{capture, kubeconfig_});
  }

  const PlanInput& input_;
  std::vector<TemplateValue> values_;
  std::string kubeconfig_;
  Plan& plan_;
};

void plan_marks(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  MarkNode mark;
  mark.node = site.node;
  std::vector<std::string> names;
  for (const NodeRole* role : site.roles) {
    mark.labels.insert(mark.labels.end(), role->labels.begin(), role->labels.end());
    mark.labels.push_back(role_mark(role->name));
    names.push_back(role->name);
  }
  if (input.appliance().cluster.schedule_on_control_plane) {
    for (const std::string_view taint : site.dialect->taints) mark.remove_taints.emplace_back(taint);
    // kubeadm's, and MetalLB then answers for no address from here.
    const LanSection& lan = input.appliance().lan;
    if (lan.enabled && lan.balancer.enabled) mark.labels.emplace_back("node.kubernetes.io/exclude-from-external-load-balancers-");
  }
  if (mark.labels.empty() && mark.remove_taints.empty()) return;
  const std::string reason = names.empty() ? "This machine runs the appliance's pods too, not only the cluster's own."
                                           : cat("This machine has what the appliance asks for by the roles ", join(names, ", "), ".");
  add_step(plan, "mark-node", cat("mark node '", site.node, "'"), reason, mark);
}

void plan_ready(const ClusterSite& site, const char* kubeconfig, Plan& plan) {
  ClusterWait ready{"jsonpath", cat("node/", site.node), "", "{.status.conditions[?(@.type==\"Ready\")].status}", "True", {}, 300};
  add_step(plan, "node-ready", cat("wait until node '", site.node, "' is ready"),
           "The network between pods is up, and the kubelet says so.", WaitInCluster{ready, {}, kubeconfig});
}

/// A node is ready as soon as its network's configuration lies there: its own pods may crash all the same.
void plan_node_pods(const ClusterSite& site, const char* kubeconfig, Plan& plan) {
  const ClusterWait pods{k_wait_for_node_pods, site.node, "", "", "", {}, 300};
  add_step(plan, "node-pods", cat("wait for the pods of node '", site.node, "'"),
           "Services are reached from here, and pods elsewhere, only while this machine's own pods run.",
           WaitInCluster{pods, {}, kubeconfig});
}

/// What a worker may not say of itself, an administrator of the cluster says for it.
void plan_joined(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (input.join->control_plane) plan_marks(input, site, plan);
  const char* kubeconfig = input.join->control_plane ? k_admin_kubeconfig : k_kubelet_kubeconfig;
  plan_ready(site, kubeconfig, plan);
  plan_node_pods(site, kubeconfig, plan);
}

void plan_waits(const ClusterSite& site, Plan& plan) {
  plan_ready(site, k_admin_kubeconfig, plan);
  ClusterWait names{"rollout", "deployment/coredns", "kube-system", "", "", {}, 300};
  add_step(plan, "coredns-ready", "wait for deployment/coredns in kube-system", "Pods find each other by name only when it answers.",
           WaitInCluster{names, {}});
  plan_node_pods(site, k_admin_kubeconfig, plan);
}

/// Into the site's own cluster: it has its network and its nameserver.
void plan_into_site(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (!input.answers.existing.cluster) return;  // refused by plan_site_cluster_fit
  plan_site_cluster(input, site, plan);
  plan_shared_trust(input, k_site_kubeconfig, plan);
  caution_about_site_names(input, plan);
  Deployments deployments(input, site, plan);
  for (const GeneratedSecret& secret : input.appliance().cluster.secrets) deployments.add_secret(secret);
  for (const Deployment& deployment : input.appliance().cluster.deploy)
    deployments.add(deployment, cat("The appliance brings it into the cluster as '", deployment.name, "'."));
}

}  // namespace

std::vector<TemplateValue> template_values(const PlanInput& input, const ClusterSite& site) {
  std::vector<TemplateValue> values{
      {"site.address", site.address},          {"site.endpoint", site.endpoint}, {"site.hostname", site.node},
      {"site.interface", site.interface},      {"site.pod_cidr", site.pod_cidr}, {"site.registry", site.registry},
      {"site.service_cidr", site.service_cidr}};
  add_nfs_values(input, values);
  for (TemplateValue& value : lan_values(input)) values.push_back(std::move(value));
  for (const auto& [key, value] : input.answers.values) values.push_back({cat("answers.", key), value});
  for (const auto& [key, file] : input.facts.answered_files) values.push_back({cat("answers.", key, "|file"), file.digest.named()});
  return values;
}

void plan_deployments(const PlanInput& input, Plan& plan) {
  if (!input.cluster()) return;
  const ClusterSite site = make_cluster_site(input);
  if (input.site_cluster()) return plan_into_site(input, site, plan);
  if (!site.ready()) return;
  if (input.join != nullptr) return plan_joined(input, site, plan);
  const ClusterSection& section = input.appliance().cluster;
  Deployments deployments(input, site, plan);
  plan_cluster_names(input, plan);
  plan_marks(input, site, plan);
  plan_shared_trust(input, k_admin_kubeconfig, plan);
  for (const GeneratedSecret& secret : section.secrets) deployments.add_secret(secret);
  for (const Deployment& network : section.network)
    deployments.add(network, "It is the network between pods; without it the node is not ready.");
  plan_waits(site, plan);
  for (const Deployment& deployment : section.deploy)
    deployments.add(deployment, cat("The appliance brings it into the cluster as '", deployment.name, "'."));
  plan_exports(input, site, plan);
}

}  // namespace rootcellar
