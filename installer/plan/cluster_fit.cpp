#include <algorithm>
#include <array>
#include <set>

#include "bundle/base/text.h"
#include "installer/plan/existing.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_control_plane_memory = std::uint64_t{1700} << 20;  // kubeadm's preflight: 1700 MiB, 2 processors
constexpr std::uint64_t k_control_plane_processors = 2;
constexpr unsigned k_first_with_cgroup_v2 = 19;
constexpr std::string_view k_names_of_today = "1.14 to 1.34";

bool control_plane(const PlanInput& input) { return input.join == nullptr || input.join->control_plane; }

void check_version(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const ClusterSection& section = input.appliance().cluster;
  if (site.dialect == nullptr) {
    plan.refusals.push_back(cat("the bundle's cluster is Kubernetes ", section.version, ", and this installer knows ", k_names_of_today));
    return;
  }
  if (input.facts.cgroup == "v2" && *kubernetes_minor(section.version) < k_first_with_cgroup_v2) {
    plan.refusals.push_back(cat("Kubernetes ", section.version,
                                " knows control groups of version 1 only, and this machine has version 2: boot it with the kernel "
                                "parameter systemd.unified_cgroup_hierarchy=0"));
  }
}

void check_size(const PlanInput& input, Plan& plan) {
  if (!control_plane(input)) return;
  const NodeFacts& node = input.facts.node;
  if (node.memory != 0 && node.memory < k_control_plane_memory) {
    plan.refusals.push_back(cat("a control-plane node needs ", human_size(k_control_plane_memory), " of memory, and this machine has ",
                                human_size(node.memory)));
  }
  if (node.processors != 0 && node.processors < k_control_plane_processors) {
    plan.refusals.push_back(
        cat("a control-plane node needs ", k_control_plane_processors, " processors, and this machine has ", node.processors));
  }
}

void check_name(const ClusterSite& site, Plan& plan) {
  const auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  const bool usable =
      !site.node.empty() && site.node != "localhost" && site.node != "(none)" && std::all_of(site.node.begin(), site.node.end(), fine);
  if (usable) return;
  plan.refusals.push_back(cat("this machine's name '", printable(site.node),
                              "' cannot be a node's: give it one of small letters, digits and '-' with 'hostnamectl set-hostname NAME'"));
}

std::string addresses_text(const NodeFacts& node) {
  std::vector<std::string> texts;
  for (const NodeAddress& address : node.addresses) {
    texts.push_back(address.interface.empty() ? address.address : cat(address.address, " (", address.interface, ")"));
  }
  return join(texts, ", ");
}

void check_address(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const NodeFacts& node = input.facts.node;
  if (site.address.empty() && node.addresses.empty()) {
    plan.refusals.push_back(
        "this machine has no address that others could reach: connect its network, or answer a 'cluster.address' such as 192.0.2.10, which "
        "then lies on a bridge of this machine alone");
    return;
  }
  if (site.address.empty()) {
    plan.refusals.push_back(cat("this machine has no default route that would say which of its addresses the cluster uses: answer one of ",
                                addresses_text(node), " as 'cluster.address'"));
    return;
  }
  const bool here =
      std::any_of(node.addresses.begin(), node.addresses.end(), [&](const NodeAddress& a) { return a.address == site.address; });
  if (!here && !site.own_bridge) {
    plan.refusals.push_back(cat("'cluster.address' is ", site.address, ", and this machine's addresses are ", addresses_text(node)));
  }
}

void check_network_against_routes(const PlanInput& input, std::string_view what, std::string_view answer, const Network& network,
                                  Plan& plan) {
  if (has_own_cluster(input)) return;  // routes into its own networks
  for (const Route& route : input.facts.node.routes) {
    if (route.to.prefix == 0 || route.interface == k_own_bridge || !network.overlaps(route.to)) continue;
    plan.refusals.push_back(cat("the ", what, "' addresses ", network.text(), " overlap ", route.to.text(),
                                ", which this machine reaches by ", route.interface, ": answer another 'cluster.", answer, "'"));
    return;
  }
}

/// kubeadm's own validation: a node takes a /24 of the pods' addresses and there are at most 2^16 of them; services have 10 to 2^20
/// addresses.
void check_network_sizes(const Network& pods, const Network& services, Plan& plan) {
  if (pods.prefix < 8 || pods.prefix > 24) {
    plan.refusals.push_back(cat("the pods' addresses ", pods.text(), " are not divided into nodes' /24 by kubeadm: it takes /8 to /24"));
  }
  if (services.prefix < 12 || services.prefix > 28) {
    plan.refusals.push_back(cat("the services' addresses ", services.text(), " are too many or too few for kubeadm: it takes /12 to /28"));
  }
}

void check_networks(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const std::optional<Network> pods = parse_network(site.pod_cidr), services = parse_network(site.service_cidr);
  for (const auto& [network, text, what] : {std::tuple(pods, site.pod_cidr, "pods"), std::tuple(services, site.service_cidr, "services")}) {
    if (!network) plan.refusals.push_back(cat("the ", what, "' addresses '", text, "' are no IPv4 network"));
  }
  if (!pods || !services) return;
  if (pods->overlaps(*services)) {
    plan.refusals.push_back(cat("the pods' addresses ", pods->text(), " overlap the services' ", services->text(),
                                ": answer another 'cluster.pod_cidr' or 'cluster.service_cidr'"));
  }
  check_network_sizes(*pods, *services, plan);
  check_network_against_routes(input, "pods", "pod_cidr", *pods, plan);
  check_network_against_routes(input, "services", "service_cidr", *services, plan);
}

/// A CNI whose manifest says its network itself cannot follow an answer.
void check_network_follows(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const ClusterSection& section = input.appliance().cluster;
  if (site.pod_cidr == section.pod_cidr || section.network.empty()) return;
  const bool follows = std::any_of(section.network.begin(), section.network.end(),
                                   [](const Deployment& d) { return d.templated || d.text.find("${site.pod_cidr") != std::string::npos; });
  if (!follows) {
    plan.refusals.push_back(
        cat("the appliance's pod network is fixed at ", section.pod_cidr, ", and 'cluster.pod_cidr' is ", site.pod_cidr));
  }
}

void check_ports(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (has_own_cluster(input)) return;
  for (const OpenedPort& port : cluster_ports(input, site)) {
    const auto taken = std::find_if(input.facts.ports.begin(), input.facts.ports.end(),
                                    [&](const ListeningPort& found) { return found.port == port.port; });
    if (taken == input.facts.ports.end() || port.last != 0 || port.protocol != "tcp") continue;
    plan.refusals.push_back(
        cat("the cluster needs port ", port.port, " (", port.purpose, "), which a program of user '", taken->user, "' has: stop it"));
  }
}

void check_foreign_cluster(const PlanInput& input, Plan& plan) {
  if (!input.facts.node.cluster_file || has_own_cluster(input)) return;
  plan.refusals.push_back(cat("this machine is already part of a cluster that was not made here: '", *input.facts.node.cluster_file,
                              "' is there; take it away with 'kubeadm reset' if nobody needs it"));
}

/// What is in a cluster stays over an upgrade of the bundle; kubeadm's own upgrade is not driven here.
void check_upgrade(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (!has_own_cluster(input)) return;
  const InstalledBundle& installed = *input.facts.installed;
  const ClusterSection* before = installed.index ? &installed.index->appliance.cluster : nullptr;
  if (before != nullptr && before->enabled && before->version != input.appliance().cluster.version) {
    plan.refusals.push_back(cat("the cluster here is Kubernetes ", before->version, ", and the bundle's is ",
                                input.appliance().cluster.version,
                                ": this installer does not change the version of a cluster that is there"));
  }
  for (const Step& step : installed.steps) {
    const auto* file = step.id == "kubeadm-config" ? std::get_if<WriteFile>(&step.action) : nullptr;
    const auto* joined = std::get_if<KubeadmInit>(&step.action);
    const std::string text = file != nullptr ? file->content : joined != nullptr ? joined->text : std::string();
    if (text.empty() || site.address.empty() || text.find(cat("\"", site.address, "\"")) != std::string::npos) continue;
    plan.refusals.push_back(cat("the cluster here was made at another address than ", site.address,
                                ": give this machine that address back, or answer it as 'cluster.address'"));
  }
}

void check_modules(const PlanInput& input, Plan& plan) {
  const std::vector<std::string>& missing = input.facts.node.missing_modules;
  if (missing.empty()) return;
  plan.refusals.push_back(cat("kernel ", input.facts.node.kernel, " has no module ", join(missing, ", "),
                              ": install the package with this kernel's modules, or boot the kernel they are for"));
}

/// What kubeadm's preflight asks for, and what runs the containers.
void check_packages(const PlanInput& input, Plan& plan) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> k_tools = {
      {{"conntrack", "conntrack"}, {"iptables", "iptables"}, {"iproute2", "ip"}}};
  for (const auto& [package, program] : k_tools) {
    if (input.has_package(package) || placed_program(input.appliance(), program)) continue;
    plan.refusals.push_back(cat("a node needs the package '", package, "', which neither this machine nor the bundle has"));
  }
  if (input.cluster_containerd() && !input.has_package("containerd")) {
    plan.refusals.push_back("the cluster's runtime is containerd, which neither this machine nor the bundle has");
  }
}

void check_programs(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const ClusterSection& section = input.appliance().cluster;
  std::vector<std::string> wanted{"/usr/local/bin/kubeadm", "/usr/local/bin/kubelet", "/usr/local/bin/kubectl"};
  if (input.cluster_containerd()) wanted.emplace_back("/usr/local/bin/crictl");
  if (input.docker() && site.dialect != nullptr && !site.dialect->dockershim) wanted.emplace_back("/usr/local/bin/cri-dockerd");
  for (const std::vector<Deployment>* list : {&section.network, &section.deploy}) {
    if (std::any_of(list->begin(), list->end(), [](const Deployment& d) { return d.kind == "chart"; })) {
      if (wanted.back() != "/usr/local/bin/helm") wanted.emplace_back("/usr/local/bin/helm");
    }
  }
  require_programs(input, wanted, plan);
}

void check_roles(const PlanInput& input, Plan& plan) {
  std::vector<std::string> known;
  for (const NodeRole& role : input.appliance().cluster.roles) known.push_back(role.name);
  const std::optional<std::vector<std::string>> answered = answered_roles(input);
  const auto& machines = answered_machines(input);
  if (!answered && !machines.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, roles] : machines) names.push_back(name);
    plan.refusals.push_back(cat("'cluster.machines' names ", join(names, ", "), ", and this machine is '",
                                printable(input.facts.node.hostname), "': add it there, or answer 'cluster.roles' for it alone"));
    return;
  }
  if (!known.empty() && !answered) {
    plan.refusals.push_back(cat("the appliance has the roles ", join(known, ", "),
                                ", and nobody says which of them this machine has: answer 'cluster.roles', all of them where there is one "
                                "machine, [] for none"));
    return;
  }
  std::vector<std::string> named = answered.value_or(std::vector<std::string>());
  if (!input.answers.cluster.roles) {
    for (const auto& [name, roles] : machines) named.insert(named.end(), roles.begin(), roles.end());
  }
  for (const std::string& role : std::set<std::string>(named.begin(), named.end())) {
    if (std::find(known.begin(), known.end(), role) != known.end()) continue;
    const std::string has = known.empty() ? "the appliance has no roles" : cat("the appliance's roles are ", join(known, ", "));
    plan.refusals.push_back(
        cat(input.answers.cluster.roles ? "'cluster.roles'" : "'cluster.machines'", " names the role '", printable(role), "', and ", has));
  }
  for (const std::string& role : known) {
    if (input.join == nullptr && answered && std::find(answered->begin(), answered->end(), role) == answered->end()) {
      plan.cautions.push_back(cat("no machine has the role '", role, "' yet: what asks for it waits until one joins that has"));
    }
  }
}

void check_hosts(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const auto found = input.facts.node.hosts.find(site.endpoint);
  if (found == input.facts.node.hosts.end() || site.endpoint_address.empty() || found->second == site.endpoint_address) return;
  plan.refusals.push_back(cat("/etc/hosts says that '", site.endpoint, "' is ", found->second, ", and the cluster's is ",
                              site.endpoint_address, ": take that line away, or answer another 'cluster.endpoint'"));
}

/// Machines that join get their images from here; where the registry listens is settled with the first install.
void check_reach(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (!input.own_registry() || !input.layout.listen.loopback() || site.own_bridge) return;
  const std::string listens = cat("the registry listens at ", input.layout.listen.text(), ", for this machine alone");
  if (input.answers.cluster.machines.size() > 1) {
    plan.refusals.push_back(cat(listens, ", and 'cluster.machines' names ", input.answers.cluster.machines.size(),
                                " machines: answer 'registry.listen' as 0.0.0.0:", input.layout.listen.port));
    return;
  }
  plan.cautions.push_back(cat(
      listens, ": no other can join the cluster later; where some shall, answer 'registry.listen' as 0.0.0.0:", input.layout.listen.port));
}

void check_registry(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (site.mirror.empty() || (!input.appliance().registry.enabled && input.join == nullptr)) {
    plan.refusals.push_back("the cluster gets its images from the appliance's registry, which the bundle does not have");
  }
  check_reach(input, site, plan);
  const auto space = input.facts.space.find(input.layout.containerd);
  if (input.cluster_containerd() && space != input.facts.space.end() && space->second.filesystem == "overlay") {
    plan.refusals.push_back(cat("containerd unpacks images onto an overlay, which does not work on an overlay, and ",
                                input.layout.containerd, " is on one: mount a disk there, or answer a 'storage.root' on one"));
  }
}

void caution_about_network(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  const NodeFacts& node = input.facts.node;
  if (site.own_bridge) {
    plan.cautions.push_back(cat("this machine has no network: the cluster's address ", site.address,
                                " lies on a bridge of this machine alone, and no other can reach it"));
  }
  if (site.own_route && !site.own_bridge && !site.interface.empty()) {
    plan.cautions.push_back(cat("this machine has no default route: it gets one at ", site.interface,
                                " that leads nowhere, of the lowest rank, because Kubernetes asks for one"));
  }
  if (pods_nameservers(input).empty() && !node.nameservers.empty()) {
    plan.cautions.push_back(cat("pods find the cluster's own names and no others; to have them ask this machine's nameservers, answer ",
                                "'cluster.nameservers: [", join(node.nameservers, ", "), "]'"));
  }
  for (const std::string& file : node.proxies) {
    plan.cautions.push_back(cat(file, " gives services a proxy: the container runtime and the kubelet are started without it"));
  }
}

void caution_about_kernel(const PlanInput& input, Plan& plan) {
  const NodeFacts& node = input.facts.node;
  if (!node.container.empty() && !node.swaps.empty()) {
    plan.cautions.push_back(
        cat("this machine is a container (", node.container, ") and swap belongs to the machine around it: it stays on"));
  }
  for (const KernelLimit& limit : node_limits()) {
    const auto now = node.limits.find(limit.name);
    if (node.container.empty() || now == node.limits.end() || now->second >= limit.enough) continue;
    plan.cautions.push_back(cat("this machine is a container (", node.container, ") and ", limit.name, " is ", now->second,
                                ": if programs end with 'too many open files', raise it on the machine around it to ", limit.enough));
  }
  if (node.oom_score_fixed) {
    plan.cautions.push_back("nothing here may lower its oom_score_adj: containers are started with what this machine has");
  }
  if (node.kernel_config_unreadable) {
    plan.cautions.push_back("this kernel's configuration is not here to be read: kubeadm's check of it is left out");
  }
}

}  // namespace

void require_programs(const PlanInput& input, const std::vector<std::string>& paths, Plan& plan) {
  const std::vector<PlacedFile>& files = input.appliance().files;
  for (const std::string& path : paths) {
    if (std::any_of(files.begin(), files.end(), [&](const PlacedFile& file) { return file.destination == path; })) continue;
    plan.refusals.push_back(cat("the cluster needs ", path, ", which the bundle does not bring"));
  }
}

void plan_cluster_fit(const PlanInput& input, Plan& plan) {
  if (!input.own_cluster()) return;
  const ClusterSite site = make_cluster_site(input);
  check_version(input, site, plan);
  check_size(input, plan);
  check_name(site, plan);
  check_address(input, site, plan);
  check_networks(input, site, plan);
  check_network_follows(input, site, plan);
  check_ports(input, site, plan);
  check_foreign_cluster(input, plan);
  check_upgrade(input, site, plan);
  check_firewalls(input, site, plan);
  check_modules(input, plan);
  check_packages(input, plan);
  check_programs(input, site, plan);
  check_roles(input, plan);
  check_hosts(input, site, plan);
  check_registry(input, site, plan);
  check_ticket(input, plan);
  check_references(input, plan);
  caution_about_network(input, site, plan);
  caution_about_kernel(input, plan);
  if (site.address.empty()) return;
  const std::vector<OpenedPort> ports = cluster_ports(input, site);
  plan.ports.insert(plan.ports.end(), ports.begin(), ports.end());
}

}  // namespace rootcellar
