#include <algorithm>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/existing.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_swap_unit = "rootcellar-swap.service";
constexpr std::string_view k_forward_unit = "rootcellar-forward.service";
constexpr std::string_view k_networks_unit = "rootcellar-cluster-networks.service";
constexpr std::string_view k_route_unit = "rootcellar-route.service";
constexpr std::string_view k_route_metric = "9999";

std::string unit_path(std::string_view unit) { return cat("/etc/systemd/system/", unit); }

/// A unit of ours that does one thing at boot, and is shown as active from then on.
void plan_unit(std::string id, std::string_view unit, std::string text, std::string reason, Plan& plan) {
  const std::string path = unit_path(unit), name(unit);
  add_step(plan, cat(id, "-unit"), cat("write ", path), reason, WriteFile{path, std::move(text)});
  add_step(plan, id, cat("enable and start ", name), "It is done now, and again at every boot.", SetUnit{name, true, true, true, {path}});
}

/// Of what is on, what /etc/fstab does not bring back: compressed memory, partitions that systemd finds by itself.
bool comes_back_by_itself(const NodeFacts& node) {
  const auto is_named = [&](const SwapEntry& swap) {
    return std::find(node.fstab_swaps.begin(), node.fstab_swaps.end(), swap.path) != node.fstab_swaps.end();
  };
  const auto unnamed = std::count_if(node.swaps.begin(), node.swaps.end(), [&](const SwapEntry& swap) { return !is_named(swap); });
  const auto by_label =
      std::count_if(node.fstab_swaps.begin(), node.fstab_swaps.end(), [](const std::string& s) { return !s.starts_with('/'); });
  return unnamed > by_label;
}

void plan_swap(const PlanInput& input, Plan& plan) {
  const NodeFacts& node = input.facts.node;
  if (!node.container.empty()) return;
  add_step(plan, "swap-off", "switch swap off", "The kubelet does not run while there is swap: its limits would mean nothing.", SwapOff{});
  if (!node.fstab_swaps.empty()) {
    add_step(plan, "swap-fstab", "keep swap off in /etc/fstab", "Otherwise swap is back after the next boot, and the kubelet is not.",
             EditLines{"/etc/fstab", {}, "swap"});
  }
  if (!comes_back_by_itself(node)) return;
  plan_unit("swap-stays-off", k_swap_unit,
            "[Unit]\nDescription=Swap stays off for Kubernetes\nAfter=swap.target zramswap.service\nBefore=kubelet.service\n\n[Service]\n"
            "Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/swapoff -a\n\n[Install]\nWantedBy=multi-user.target\n",
            "This machine switches swap on at boot without /etc/fstab: by compressed memory or by the kind of a partition.", plan);
}

/// What this machine has more of is not lowered by a boot.
void add_lasting_limits(const NodeFacts& node, std::vector<std::string>& settings) {
  for (const KernelLimit& limit : node_limits()) {
    const auto now = node.limits.find(limit.name);
    const bool more = now != node.limits.end() && now->second > limit.enough;
    if (node.container.empty() && !more) settings.push_back(cat(limit.name, "=", limit.enough));
  }
}

void plan_limits(const NodeFacts& node, Plan& plan) {
  if (!node.container.empty()) return;  // they are the machine's around it
  std::vector<std::string> settings;
  for (const KernelLimit& limit : node_limits()) settings.push_back(cat(limit.name, ">=", limit.enough));
  add_step(plan, "limits", "raise the kernel's limits on watched files",
           "The kubelet, kube-proxy and programs in pods watch files; where these are used up, the next ends with 'too many open files'.",
           SetSysctls{settings});
}

void plan_kernel(const NodeFacts& node, Plan& plan) {
  const std::string modules_file = "/etc/modules-load.d/rootcellar-cluster.conf",
                    settings_file = "/etc/sysctl.d/90-rootcellar-cluster.conf";
  const std::vector<std::string> settings{"net.bridge.bridge-nf-call-iptables=1", "net.bridge.bridge-nf-call-ip6tables=1",
                                          "net.ipv4.ip_forward=1"};
  add_step(plan, "modules-file", cat("write ", modules_file), "The kernel loads the modules at every boot.",
           WriteFile{modules_file, cat(join(node_modules(), "\n"), "\n")});
  add_step(plan, "modules", cat("load the kernel modules ", join(node_modules(), ", ")),
           "Containers' file systems are put together by them, and services are reached through them.", LoadModules{node_modules()});
  std::vector<std::string> lasting = settings;
  add_lasting_limits(node, lasting);
  add_step(plan, "sysctl-file", cat("write ", settings_file), "The kernel gets the settings at every boot.",
           WriteFile{settings_file, cat(join(lasting, "\n"), "\n")});
  add_step(plan, "sysctl", "set the kernel's forwarding", "Pods on this machine reach services and other machines only by it.",
           SetSysctls{settings});
  plan_limits(node, plan);
}

/// docker and saved rules drop what is forwarded; pods are forwarded. With ufw that is its people's policy, and pods have rules of their
/// own.
void plan_forwarding(const PlanInput& input, Plan& plan) {
  const std::vector<Firewall>& firewalls = input.facts.node.firewalls;
  if (std::any_of(firewalls.begin(), firewalls.end(), [](const Firewall& firewall) { return firewall.kind == "ufw"; })) return;
  const std::string back = input.facts.node.forward_drop ? "ExecStop=/usr/sbin/iptables -w -P FORWARD DROP\n" : "";
  plan_unit("forward", k_forward_unit,
            cat("[Unit]\nDescription=Packets of pods are forwarded\nAfter=network-pre.target netfilter-persistent.service docker.service\n"
                "Before=kubelet.service\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                "ExecStart=/usr/sbin/iptables -w -P FORWARD ACCEPT\n",
                back, "\n[Install]\nWantedBy=multi-user.target\n"),
            "What pods send is forwarded by this machine, and docker and saved rules drop that by default.", plan);
}

/// Kubernetes gives a packet for a service its pod's address before these rules see it, and has more special routes. They come first,
/// because a site's firewall may let out what it has not seen before (ufw does). Where a machine's services answer at a local address
/// (ipvs), the device is lo. Without the kernel's part for it nothing is refused, and nothing is lost.
std::string networks_commands(const ClusterSite& site) {
  std::string start, stop;
  for (const char* chain : {"OUTPUT", "FORWARD"}) {
    const std::string rule = cat(chain, " -d ", site.service_cidr, " ! -o lo -j REJECT\n");
    if (site.service_cidr.empty()) continue;
    start += cat("ExecStart=-/usr/sbin/iptables -w -I ", rule);
    stop += cat("ExecStop=-/usr/sbin/iptables -w -D ", rule);
  }
  const std::string route = cat("unreachable ", site.pod_cidr, " metric ", k_route_metric, "\n");
  if (site.pod_cidr.empty()) return start + stop;
  return cat(start, "ExecStart=-/usr/sbin/ip route replace ", route, stop, "ExecStop=-/usr/sbin/ip route delete ", route);
}

void plan_networks(const ClusterSite& site, Plan& plan) {
  plan_unit("cluster-networks", k_networks_unit,
            cat("[Unit]\nDescription=What is for the cluster's own networks does not leave by another\n"
                "After=network-pre.target netfilter-persistent.service docker.service\nBefore=kubelet.service\n\n[Service]\nType=oneshot\n"
                "RemainAfterExit=yes\n",
                networks_commands(site), "\n[Install]\nWantedBy=multi-user.target\n"),
            "While the cluster comes up, nobody is at its services' and pods' addresses: that is said at once, instead of asking the site's "
            "network for them.",
            plan);
}

/// With a network of two addresses (RFC 3021), so that the kernel's routes show whose the address is.
std::string bridge_commands(const ClusterSite& site) {
  return cat("ExecStart=-/usr/sbin/ip link add ", k_own_bridge, " type bridge\nExecStart=/usr/sbin/ip address replace ", site.address,
             "/31 dev ", k_own_bridge, "\nExecStart=/usr/sbin/ip link set ", k_own_bridge, " up\n");
}

void plan_route(const ClusterSite& site, Plan& plan) {
  if (!site.own_route || site.interface.empty()) return;
  const std::string route = cat("default dev ", site.interface, " metric ", k_route_metric);
  const std::string stop = site.own_bridge ? cat("ExecStop=/usr/sbin/ip link delete ", k_own_bridge, "\n")
                                           : cat("ExecStop=-/usr/sbin/ip route delete ", route, "\n");
  const std::string reason =
      site.own_bridge
          ? "This machine has no network: its address in the cluster lies on a bridge of its own, which is its default route too."
          : "Kubernetes asks for a default route, and this machine has none; any that people set comes before this one.";
  plan_unit("route", k_route_unit,
            cat("[Unit]\nDescription=A default route for Kubernetes where there is none\nWants=network-online.target\n"
                "After=network-online.target\nBefore=containerd.service docker.service kubelet.service\n\n[Service]\nType=oneshot\n"
                "RemainAfterExit=yes\n",
                site.own_bridge ? bridge_commands(site) : "", "ExecStart=/usr/sbin/ip route replace ", route, " src ", site.address, "\n",
                stop, "\n[Install]\nWantedBy=multi-user.target\n"),
            reason, plan);
}

void plan_names(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  std::vector<std::string> lines{cat(site.endpoint_address, " ", site.endpoint)};
  if (site.endpoint_address == site.address) lines[0] += cat(" ", site.node);
  if (site.endpoint_address != site.address) lines.push_back(cat(site.address, " ", site.node));
  add_step(plan, "hosts", cat("name '", site.endpoint, "' in /etc/hosts"),
           "The cluster is asked by this name, which no nameserver needs to know.", EditLines{"/etc/hosts", lines, {}});
  const std::string path(k_cluster_resolv_conf);
  const std::vector<std::string>& nameservers = pods_nameservers(input);
  std::string text = "# Whom pods ask for names outside the cluster.\n";
  for (const std::string& server : nameservers) text += cat("nameserver ", server, "\n");
  if (!nameservers.empty() && !input.facts.node.search.empty()) text += cat("search ", join(input.facts.node.search, " "), "\n");
  add_step(plan, "resolver", cat("write ", path),
           nameservers.empty() ? "Pods need a list of nameservers, also an empty one: nobody is to be asked for names outside the cluster."
                               : "Pods ask the site's nameservers, not this machine's own at loopback.",
           WriteFile{path, text});
}

/// Also where there is none yet: who gives services one later does not mean the cluster's images. containerd's and the kubelet's own units say
/// it, too.
void plan_proxies(const PlanInput& input, Plan& plan) {
  if (docker_proxy_drop_in(input).empty()) return;
  const std::string path = docker_proxy_drop_in(input), directory = path_parent(path);
  add_step(plan, "proxy-directory", cat("make directory ", directory), "systemd reads additions to docker's unit there.",
           MakeDirectory{directory});
  add_step(plan, "proxy", cat("write ", path), "No proxy of this site leads to the registry on this machine.",
           WriteFile{path, cat("[Service]\nUnsetEnvironment=", k_proxy_variables, "\n")});
}

void plan_role_directories(const ClusterSite& site, Plan& plan) {
  for (const NodeRole* role : site.roles) {
    for (const RoleDirectory& directory : role->directories) {
      add_step(plan, cat("role-", step_slug(role->name), "-", step_slug(directory.path)), cat("make directory ", directory.path),
               cat("A machine with the role '", role->name, "' keeps data there."),
               MakeDirectory{directory.path, directory.mode, {directory.owner, directory.group}, true});
    }
  }
}

}  // namespace

std::string docker_proxy_drop_in(const PlanInput& input) {
  return input.own_cluster() && input.docker() ? unit_path("docker.service.d/rootcellar-no-proxy.conf") : std::string();
}

void plan_node(const PlanInput& input, Plan& plan) {
  if (!input.own_cluster()) return;
  const ClusterSite site = make_cluster_site(input);
  if (!site.ready()) return;
  plan_swap(input, plan);
  plan_kernel(input.facts.node, plan);
  plan_forwarding(input, plan);
  plan_networks(site, plan);
  plan_route(site, plan);
  plan_names(input, site, plan);
  plan_proxies(input, plan);
  plan_firewalls(input, site, plan);
  plan_role_directories(site, plan);
}

}  // namespace rootcellar
