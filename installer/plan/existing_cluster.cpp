#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/trust.h"
#include "installer/run/existing_step.h"

namespace rootcellar {
namespace {

/// "1.34" of "v1.34.4+k3s1".
std::optional<std::uint64_t> minor_of(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  const std::vector<std::string_view> parts = split(version, '.');
  return parts.size() < 2 || parts[0] != "1" ? std::nullopt : parse_u64(parts[1]);
}

// kubernetes.io, "Version Skew Policy": kubectl works with an API server one minor version older or newer.
void check_version(const PlanInput& input, const SiteClusterFacts& facts, Plan& plan) {
  const std::string& ours = input.appliance().cluster.version;
  const auto there = minor_of(facts.version), here = minor_of(ours);
  const bool fits = there && here && *there + 1 >= *here && *here + 1 >= *there;
  if (fits) return;
  plan.refusals.push_back(cat("the site's cluster is Kubernetes ", printable(facts.version), ", and the bundle is for ", ours,
                              ": the two may be one minor version apart, not more"));
}

void check_nodes(const PlanInput& input, const SiteClusterFacts& facts, Plan& plan) {
  if (facts.ready.empty())
    plan.refusals.push_back(facts.not_ready.empty() ? std::string("the site's cluster has no node")
                                                    : cat("no node of the site's cluster is ready: ", join(facts.not_ready, ", ")));
  if (!facts.ready.empty() && !facts.not_ready.empty())
    plan.cautions.push_back(
        cat("nodes of the site's cluster that are not ready are not asked to pull images: ", join(facts.not_ready, ", ")));
  for (const auto& [node, architecture] : facts.other)
    plan.cautions.push_back(
        cat("node '", node, "' of the site's cluster is ", architecture, ", and the bundle's images are for ", input.header.architecture));
}

void check_cluster(const PlanInput& input, const SiteClusterFacts& facts, Plan& plan) {
  tell_file_faults(input, facts.file_faults, plan);
  if (!facts.unasked.empty())
    plan.cautions.push_back(
        cat("the site's cluster was not asked, and shows in the first step that needs it whether it answers: ", facts.unasked));
  if (!facts.asked || !facts.unasked.empty()) return;
  if (!facts.silent.empty()) return plan.refusals.push_back(cat("the site's cluster does not answer: ", facts.silent));
  check_version(input, facts, plan);
  if (!facts.denied.empty())
    return plan.refusals.push_back(cat("the key in '", input.answers.existing.cluster->kubeconfig,
                                       "' may not do in the site's cluster what the appliance needs: ", join(facts.denied, ", ")));
  check_nodes(input, facts, plan);
}

void check_programs(const PlanInput& input, Plan& plan) {
  std::vector<std::string> wanted{"/usr/local/bin/kubectl"};
  const std::vector<Deployment>& deploy = input.appliance().cluster.deploy;
  if (std::any_of(deploy.begin(), deploy.end(), [](const Deployment& d) { return d.kind == "chart"; }))
    wanted.emplace_back("/usr/local/bin/helm");
  require_programs(input, wanted, plan);
}

/// The nodes of the site's cluster pull from it, too.
void check_registry(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (!input.appliance().registry.enabled)
    return plan.refusals.push_back("the site's cluster gets the images from a registry, which the bundle does not have");
  if (!input.own_registry()) return;
  const Endpoint& listen = input.layout.listen;
  if (listen.loopback())
    plan.refusals.push_back(cat("the registry listens at ", listen.text(),
                                ", where the nodes of the site's cluster do not reach it: answer 'registry.listen' as 0.0.0.0:",
                                listen.port, ", or 'existing.registry'"));
  if (listen.any_address() && site.address.empty())
    plan.refusals.emplace_back("nothing says by which of its addresses the site's cluster reaches this machine: answer 'cluster.address'");
}

void caution_about_roles(const PlanInput& input, Plan& plan) {
  for (const NodeRole& role : input.appliance().cluster.roles) {
    if (role.labels.empty()) continue;
    plan.cautions.push_back(cat("nodes of the site's cluster are left as they are: what asks for the role '", role.name,
                                "' waits until somebody runs: kubectl label node NODE ", join(role.labels, " ")));
  }
}

std::string advice(const PlanInput& input, const ClusterSite& site) {
  const std::string url = input.site_registry() ? registry_access(input).url : cat(registry_tls(input) ? "https://" : "http://", site.registry);
  return cat("tell its containerd where images of UPSTREAM come from, in /etc/containerd/certs.d/UPSTREAM/hosts.toml: server = \"", url,
             "/v2/UPSTREAM\", capabilities = [\"pull\", \"resolve\"], override_path = true, ", registry_tls(input) ? "ca = the file /etc/rootcellar/site-ca.crt of this machine, copied there, " : "", "and the same again below [host.\"", url,
             "/v2/UPSTREAM\"]; then run 'rootcellar-install resume'");
}

}  // namespace

void plan_site_cluster_fit(const PlanInput& input, Plan& plan) {
  if (input.cluster() && input.appliance().cluster.existing && !input.answers.existing.cluster)
    plan.refusals.emplace_back("the bundle makes no cluster: answer 'existing.cluster' with a kubeconfig of the site's own");
  if (!input.cluster() && input.answers.existing.cluster)
    plan.cautions.emplace_back("'existing.cluster' is answered and not used: the bundle puts nothing into a cluster");
  if (!input.site_cluster()) return;
  if (input.join != nullptr) return plan.refusals.push_back("this machine is to join one cluster, and 'existing.cluster' names another");
  if (has_own_cluster(input))
    return plan.refusals.push_back(
        "the cluster on this machine was made here, and 'existing.cluster' names the site's: uninstall first, or take that answer away");
  const ClusterSite site = make_cluster_site(input);
  check_cluster(input, input.facts.existing.cluster.value_or(SiteClusterFacts()), plan);
  check_programs(input, plan);
  check_registry(input, site, plan);
  check_references(input, plan);
  caution_about_roles(input, plan);
}

void plan_site_cluster(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const ExistingCluster& answer = *input.answers.existing.cluster;
  const std::string kubeconfig = k_site_kubeconfig;
  add_step(plan, "site-kubeconfig", cat("write ", kubeconfig),
           cat("It is a copy of '", answer.kubeconfig,
               "' for root alone: the key by which everything is put into the site's cluster, until the "
               "appliance goes."),
           KeepSiteFile{answer.kubeconfig, kubeconfig, answer.context, {}});
  plan_shell_kubeconfig(kubeconfig, plan);
  std::vector<std::string> names;
  for (const auto& [host, image] : proof_images(input)) names.push_back(image_name(*image));
  if (names.empty()) return;
  add_step(plan, "site-cluster-pulls", cat("pull ", join(names, ", "), " on every node of the site's cluster"),
           "Proves, before anything is deployed, that each node gets images from the registry; the pods that do it start nothing and go at "
           "once.",
           ProvePulls{names, advice(input, site)});
}

}  // namespace rootcellar
