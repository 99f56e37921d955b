#include "installer/plan/cluster_site.h"

#include <algorithm>
#include <array>

#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Bridges and tunnels of container runtimes, CNIs and virtual machines: no other machine reaches this one by them.
bool is_virtual(std::string_view interface) {
  constexpr std::array<std::string_view, 10> k_virtual = {"docker", "br-",  "cni",  "flannel", "veth",
                                                          "virbr",  "cali", "tunl", "cilium",  "kube-"};
  return interface.empty() || interface == k_own_bridge ||
         std::any_of(k_virtual.begin(), k_virtual.end(), [&](std::string_view prefix) { return interface.starts_with(prefix); });
}

constexpr std::uint64_t k_own_metric = 9999;  // of the route that we add where there is none

/// The default route that people or DHCP set.
const Route* default_route(const NodeFacts& node) {
  const Route* best = nullptr;
  for (const Route& route : node.routes) {
    const bool ours = route.metric == k_own_metric || route.interface == k_own_bridge;
    if (route.to.prefix != 0 || ours) continue;
    if (best == nullptr || route.metric < best->metric) best = &route;
  }
  return best;
}

std::string interface_of(const NodeFacts& node, const std::string& address) {
  const auto found = std::find_if(node.addresses.begin(), node.addresses.end(), [&](const NodeAddress& a) { return a.address == address; });
  return found == node.addresses.end() ? std::string() : found->interface;
}

bool has_address(const NodeFacts& node, const std::string& address) {
  return std::any_of(node.addresses.begin(), node.addresses.end(), [&](const NodeAddress& a) { return a.address == address; });
}

void decide_address(const PlanInput& input, ClusterSite& site) {
  const NodeFacts& node = input.facts.node;
  const std::vector<NodeAddress> here = reachable_addresses(node);
  const Route* way_out = default_route(node);
  site.own_route = way_out == nullptr;
  if (input.answers.cluster.address) {
    site.address = *input.answers.cluster.address;
    site.interface = interface_of(node, site.address);
    site.own_bridge = here.empty() && (!has_address(node, site.address) || site.interface == k_own_bridge);
    if (site.own_bridge) site.interface = k_own_bridge;
    return;
  }
  for (const NodeAddress& address : here) {
    const bool leads_out = way_out != nullptr && address.interface == way_out->interface;
    if (leads_out || here.size() == 1) {
      site.address = address.address;
      site.interface = address.interface;
      return;
    }
  }
}

void decide_names(const PlanInput& input, ClusterSite& site) {
  const ClusterSection& section = input.appliance().cluster;
  const ClusterAnswers& answers = input.answers.cluster;
  site.node = input.facts.node.hostname;
  site.endpoint = input.join != nullptr ? input.join->endpoint : answers.endpoint.value_or(section.endpoint);
  site.endpoint_address = input.join != nullptr ? input.join->address : site.address;
  site.cert_sans = section.cert_sans;
  site.cert_sans.insert(site.cert_sans.end(), answers.cert_sans.begin(), answers.cert_sans.end());
  site.pod_cidr = input.join != nullptr ? input.join->pod_cidr : answers.pod_cidr.value_or(section.pod_cidr);
  site.service_cidr = input.join != nullptr ? input.join->service_cidr : answers.service_cidr.value_or(section.service_cidr);
}

void decide_registry(const PlanInput& input, ClusterSite& site) {
  if (input.site_registry()) {
    site.mirror = site.registry = input.layout.local.text();
    return;
  }
  if (input.join != nullptr) {
    site.mirror = site.registry = input.join->registry;
    return;
  }
  const Endpoint& listen = input.layout.listen;
  site.mirror = input.layout.local.text();
  site.registry = listen.any_address() ? Endpoint{site.address, listen.port}.text() : listen.text();
}

}  // namespace

std::vector<NodeAddress> reachable_addresses(const NodeFacts& node) {
  std::vector<NodeAddress> out;
  for (const NodeAddress& address : node.addresses) {
    if (!is_virtual(address.interface)) out.push_back(address);
  }
  return out;
}

ClusterSite make_cluster_site(const PlanInput& input) {
  const ClusterSection& section = input.appliance().cluster;
  ClusterSite site;
  site.dialect = kubeadm_dialect(section.version);
  decide_address(input, site);
  decide_names(input, site);
  decide_registry(input, site);
  const std::vector<std::string> wanted = answered_roles(input).value_or(std::vector<std::string>());
  for (const NodeRole& role : section.roles) {
    if (std::find(wanted.begin(), wanted.end(), role.name) != wanted.end()) site.roles.push_back(&role);
  }
  return site;
}

std::optional<std::vector<std::string>> answered_roles(const PlanInput& input) {
  if (input.answers.cluster.roles) return input.answers.cluster.roles;
  const auto& machines = answered_machines(input);
  const auto found = machines.find(input.facts.node.hostname);
  return found == machines.end() ? std::nullopt : std::optional(found->second);
}

const std::map<std::string, std::vector<std::string>>& answered_machines(const PlanInput& input) {
  const bool theirs = input.answers.cluster.machines.empty() && input.join != nullptr;
  return theirs ? input.join->machines : input.answers.cluster.machines;
}

// A label's name is of letters, digits, '.', '_' and '-', and ends with none of these three.
std::string role_mark(const std::string& role) {
  std::string name = role;
  std::replace(name.begin(), name.end(), '+', '_');
  while (name.ends_with('.') || name.ends_with('_') || name.ends_with('-')) name.pop_back();
  return cat("rootcellar/role.", name, "=yes");
}

// k8s.io/kubelet/pkg/apis, well_known_labels.go; the admission plugin NodeRestriction and the kubelet itself refuse the others.
bool kubelet_may_set(std::string_view label) {
  const std::string_view key = label.substr(0, label.find('='));
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return true;
  const std::string_view space = key.substr(0, slash);
  const auto is_of = [&](std::string_view domain) { return space == domain || space.ends_with(cat(".", domain)); };
  if (!is_of("kubernetes.io") && !is_of("k8s.io")) return true;
  constexpr std::array<std::string_view, 9> k_known = {
      "kubernetes.io/hostname",        "kubernetes.io/arch",          "kubernetes.io/os",
      "beta.kubernetes.io/arch",       "beta.kubernetes.io/os",       "beta.kubernetes.io/instance-type",
      "topology.kubernetes.io/region", "topology.kubernetes.io/zone", "kubernetes.io/instance-type"};
  return is_of("kubelet.kubernetes.io") || is_of("node.kubernetes.io") || std::find(k_known.begin(), k_known.end(), key) != k_known.end();
}

bool has_own_cluster(const PlanInput& input) {
  if (!input.facts.installed) return false;
  const std::vector<Step>& steps = input.facts.installed->steps;
  // Without root its steps could not be read.
  return steps.empty() ||
         std::any_of(steps.begin(), steps.end(), [](const Step& s) { return std::holds_alternative<KubeadmInit>(s.action); });
}

std::optional<std::string> placed_program(const Appliance& appliance, std::string_view name) {
  for (const PlacedFile& file : appliance.files) {
    if (file.destination.ends_with(cat("/", name)) && (file.mode & 0111) != 0) return file.destination;
  }
  return std::nullopt;
}

std::string upstream_host(std::string_view repository) { return std::string(repository.substr(0, repository.find('/'))); }

KubeadmSettings kubeadm_settings(const PlanInput& input, const ClusterSite& site) {
  const ClusterSection& section = input.appliance().cluster;
  const NodeFacts& node = input.facts.node;
  KubeadmSettings settings;
  settings.version = section.version;
  settings.runtime = section.runtime;
  settings.address = site.address;
  settings.node = site.node;
  settings.endpoint = site.endpoint;
  settings.pod_cidr = site.pod_cidr;
  settings.service_cidr = site.service_cidr;
  settings.domain = section.domain;
  settings.cert_sans = site.cert_sans;
  settings.resolv_conf = k_cluster_resolv_conf;
  settings.cni_programs = section.cni_programs;
  settings.swap_stays = !node.container.empty() && !node.swaps.empty();
  settings.cgroup_v1 = input.facts.cgroup != "v2";
  settings.conntrack_fixed = node.conntrack_fixed;
  return settings;
}

}  // namespace rootcellar
