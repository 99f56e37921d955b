// What the cluster is on this machine, decided from the bundle's wishes, the site's answers and the machine; and the subjects that plan it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/plan/kubeadm_config.h"
#include "installer/plan/subjects.h"
#include "installer/plan/ticket.h"

namespace rootcellar {

inline constexpr std::string_view k_own_bridge = "rootcellar0";
inline constexpr std::string_view k_cluster_resolv_conf = "/etc/rootcellar/resolv.conf";
inline constexpr std::string_view k_proxy_variables = "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy";

struct ClusterSite {
  std::string address;      ///< empty: none could be decided on
  std::string interface;    ///< empty: the address lies on no interface that is known
  bool own_bridge = false;  ///< the machine has no network: the address gets a bridge of ours
  bool own_route = false;   ///< the machine has no default route
  std::string node;         ///< its name in the cluster
  std::string endpoint, endpoint_address;
  std::string pod_cidr, service_cidr;
  std::vector<std::string> cert_sans;
  std::string mirror;                       ///< address:port of the registry as this machine's runtime reaches it
  std::string registry;                     ///< the same as the cluster's machines and people reach it
  const KubeadmDialect* dialect = nullptr;  ///< nullptr: the version is not known here
  std::vector<const NodeRole*> roles;       ///< this machine's

  /// Enough is known to plan steps.
  bool ready() const { return dialect != nullptr && !address.empty() && !node.empty(); }
};
/// Those that another machine may reach this one at: of no bridge or tunnel of containers.
std::vector<NodeAddress> reachable_addresses(const NodeFacts& node);
/// REQUIRES: input.cluster().
ClusterSite make_cluster_site(const PlanInput& input);

/// By `cluster.roles`, else by this machine's name in `cluster.machines` or the ticket's; nothing when nobody says.
std::optional<std::vector<std::string>> answered_roles(const PlanInput& input);
/// `cluster.machines` of the answers, else of the ticket; empty when there is none.
const std::map<std::string, std::vector<std::string>>& answered_machines(const PlanInput& input);
/// The label by which every node says a role of its own, whatever the role's labels are.
std::string role_mark(const std::string& role);
/// Kubernetes lets a kubelet give its own node this label ("key=value").
bool kubelet_may_set(std::string_view label);

/// Whether the cluster on this machine is one that this installer made.
bool has_own_cluster(const PlanInput& input);
/// Where the bundle puts the program "kubelet"; nothing when it has none.
std::optional<std::string> placed_program(const Appliance& appliance, std::string_view name);
/// "registry.k8s.io" of "registry.k8s.io/pause".
std::string upstream_host(std::string_view repository);
KubeadmSettings kubeadm_settings(const PlanInput& input, const ClusterSite& site);

/// The ports of this machine that others must reach, from whom.
std::vector<OpenedPort> cluster_ports(const PlanInput& input, const ClusterSite& site);
/// Refusals of firewalls whose rules are somebody's own.
void check_firewalls(const PlanInput& input, const ClusterSite& site, Plan& plan);
/// Opens ufw and firewalld for the cluster.
void plan_firewalls(const PlanInput& input, const ClusterSite& site, Plan& plan);
/// The rules for the network of the cluster's machines, when this machine's address has become one in another network.
void follow_network(OpenFirewall& action, const std::string& from, const std::string& to, const NodeFacts& node);
/// Refusals and cautions of a cluster.
void plan_cluster_fit(const PlanInput& input, Plan& plan);
/// Swap, modules, kernel settings, forwarding, route, names, resolver, proxies.
void plan_node(const PlanInput& input, Plan& plan);
/// The addition to docker's unit that takes proxies out; empty: none is wanted.
std::string docker_proxy_drop_in(const PlanInput& input);
void plan_containerd(const PlanInput& input, Plan& plan);
/// kubelet's and cri-dockerd's units, crictl's settings.
void plan_cluster_programs(const PlanInput& input, Plan& plan);
/// The proof that the kubelet's runtime gets images, and those that kubeadm wants.
void plan_cluster_images(const PlanInput& input, Plan& plan);
void plan_kubeadm(const PlanInput& input, Plan& plan);
/// The CNI, the node's labels, secrets, and everything the appliance deploys.
void plan_deployments(const PlanInput& input, Plan& plan);
/// The files by which hosts of other sites use this cluster. REQUIRES: site.ready().
void plan_exports(const PlanInput& input, const ClusterSite& site, Plan& plan);
/// `kubeadm join` and what a node that joined is given.
void plan_join(const PlanInput& input, const ClusterSite& site, Plan& plan);
/// What kubeadm's preflight cannot find well here, though it is.
std::vector<std::string> left_out_checks(const PlanInput& input);
/// Refusals of a ticket: ended, made in this machine's future, for a machine that is a node already.
void check_ticket(const PlanInput& input, Plan& plan);
/// Refusals of what the appliance's texts ask for and nobody says.
void check_references(const PlanInput& input, Plan& plan);
std::vector<TemplateValue> template_values(const PlanInput& input, const ClusterSite& site);

}  // namespace rootcellar
