#include "installer/plan/node_facts.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{4} << 20;

struct Reading {
  HostSystem& host;
  std::vector<std::string>& unseen;

  std::string text(const std::string& path) const {
    try {
      return host.read_file(path, k_limit).value_or("");
    } catch (const SystemError& error) {
      unseen.push_back(error.message());
      return {};
    }
  }
  std::string word(const std::string& path) const { return std::string(trim(text(path))); }
};

void read_size(const Reading& read, NodeFacts& node) {
  node.hostname = lower_ascii(read.word("/proc/sys/kernel/hostname"));
  node.kernel = read.word("/proc/sys/kernel/osrelease");
  node.container = read.word("/run/systemd/container");
  node.memory = parse_memory(read.text("/proc/meminfo"));
  node.processors = parse_processors(read.text("/proc/cpuinfo"));
  node.swaps = parse_swaps(read.text("/proc/swaps"));
  node.fstab_swaps = parse_fstab_swaps(read.text("/etc/fstab"));
}

/// What a module does shows it where the kernel's lists are not there, as in a container.
bool shows_itself(HostSystem& host, const std::string& module) {
  if (host.exists(cat("/sys/module/", module))) return true;
  return module == "br_netfilter" && host.exists("/proc/sys/net/bridge/bridge-nf-call-iptables");
}

void read_kernel(const Reading& read, NodeFacts& node) {
  const std::string modules = cat("/lib/modules/", node.kernel);
  const ModuleTexts texts{read.text("/proc/modules"), read.text("/proc/filesystems"), read.text(cat(modules, "/modules.builtin")),
                          read.text(cat(modules, "/modules.dep"))};
  for (const std::string& module : node_modules()) {
    if (!knows_module(texts, module) && !shows_itself(read.host, module)) node.missing_modules.push_back(module);
  }
  const auto limit = read.host.status("/proc/sys/net/netfilter/nf_conntrack_max");
  node.conntrack_fixed = !node.container.empty() || (limit && (limit->mode & 0200) == 0);
  node.oom_score_fixed = read.host.is_root() && !may_lower_oom_score(read.text("/proc/self/status"));
  // Where kubeadm's system verification looks for the kernel's configuration.
  const std::vector<std::string> configurations{"/proc/config.gz", cat("/boot/config-", node.kernel), cat(modules, "/config")};
  node.kernel_config_unreadable =
      std::none_of(configurations.begin(), configurations.end(), [&](const std::string& path) { return read.host.exists(path); });
}

void read_limits(const Reading& read, NodeFacts& node) {
  for (const KernelLimit& limit : node_limits()) {
    std::string path = limit.name;
    std::replace(path.begin(), path.end(), '.', '/');
    if (const auto now = parse_u64(read.word(cat("/proc/sys/", path)))) node.limits.emplace(limit.name, *now);
  }
}

void read_network(const Reading& read, const std::vector<std::string>& own, NodeFacts& node) {
  node.routes = parse_routes(read.text("/proc/net/route"));
  node.addresses = place_addresses(own, node.routes);
  node.hosts = parse_hosts(read.text("/etc/hosts"));
  ResolvConf resolver = parse_resolv_conf(read.text("/etc/resolv.conf"));
  // systemd-resolved's stub listens at loopback; whom it asks stands in its own file.
  if (resolver.nameservers.empty()) resolver.nameservers = parse_resolv_conf(read.text("/run/systemd/resolve/resolv.conf")).nameservers;
  node.nameservers = std::move(resolver.nameservers);
  node.search = std::move(resolver.search);
}

bool starts_at_boot(HostSystem& host, const std::string& unit) {
  for (const char* target : {"multi-user", "sysinit", "basic", "network-pre"}) {
    if (host.status(cat("/etc/systemd/system/", target, ".target.wants/", unit))) return true;
  }
  return false;
}

void read_firewalls(const Reading& read, NodeFacts& node) {
  const std::string ufw = read.text("/etc/ufw/ufw.conf");
  for (const std::string_view line : split(ufw, '\n')) {
    if (lower_ascii(trim(line)) == "enabled=yes") node.firewalls.push_back({"ufw", "/etc/ufw/ufw.conf", {}});
  }
  if (starts_at_boot(read.host, "firewalld.service")) node.firewalls.push_back({"firewalld", "firewalld.service", {}});
  const std::string own = read.text("/etc/nftables.conf");
  if (starts_at_boot(read.host, "nftables.service") && nftables_drop(own))
    node.firewalls.push_back({"nftables", "/etc/nftables.conf", own});
  if (!starts_at_boot(read.host, "netfilter-persistent.service")) return;
  const std::string saved = read.text("/etc/iptables/rules.v4");
  if (chain_drops(saved, "INPUT")) node.firewalls.push_back({"netfilter-persistent", "/etc/iptables/rules.v4", saved});
  node.forward_drop = chain_drops(saved, "FORWARD");
}

void read_proxies(const Reading& read, NodeFacts& node) {
  std::vector<std::string> files{"/etc/systemd/system.conf"};
  for (const char* directory : {"/etc/systemd/system.conf.d", "/etc/systemd/system/containerd.service.d",
                                "/etc/systemd/system/docker.service.d", "/etc/systemd/system/kubelet.service.d"}) {
    for (const std::string& name : read.host.list(directory)) {
      if (name.ends_with(".conf")) files.push_back(path_join(directory, name));
    }
  }
  for (const std::string& file : files) {
    if (sets_proxy(read.text(file))) node.proxies.push_back(file);
  }
}

void read_cluster(const Reading& read, NodeFacts& node) {
  for (const char* path : {"/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf", "/etc/kubernetes/manifests/kube-apiserver.yaml"}) {
    if (!node.cluster_file && read.host.exists(path)) node.cluster_file = path;
  }
}

}  // namespace

const std::vector<std::string>& node_modules() {
  static const std::vector<std::string> k_modules{"overlay", "br_netfilter"};
  return k_modules;
}

const std::vector<KernelLimit>& node_limits() {
  static const std::vector<KernelLimit> k_limits{{"fs.inotify.max_user_instances", 8192}, {"fs.inotify.max_user_watches", 524288}};
  return k_limits;
}

NodeFacts read_node_facts(HostSystem& host, const std::vector<std::string>& own, std::vector<std::string>& unseen) {
  const Reading read{host, unseen};
  NodeFacts node;
  read_size(read, node);
  read_kernel(read, node);
  read_limits(read, node);
  read_network(read, own, node);
  read_firewalls(read, node);
  read_proxies(read, node);
  read_cluster(read, node);
  return node;
}

}  // namespace rootcellar
