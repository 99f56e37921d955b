// What about this machine matters to a cluster: its network, its size, its kernel, and what would be in a cluster's way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/host/host_system.h"
#include "installer/plan/network.h"

namespace rootcellar {

struct SwapEntry {
  std::string path;
  std::string type;  ///< "partition", "file"
  bool operator==(const SwapEntry&) const = default;
};

struct Route {
  std::string interface;
  Network to;
  std::uint32_t gateway = 0;  ///< 0: the network is at the interface itself
  std::uint64_t metric = 0;
  bool operator==(const Route&) const = default;
};

/// An address of an interface, and the network that is reached by it.
struct NodeAddress {
  std::string address;
  std::string interface;
  bool operator==(const NodeAddress&) const = default;
};

/// What is set up to drop packets.
struct Firewall {
  std::string kind;  ///< "ufw" | "firewalld" | "nftables" | "netfilter-persistent"
  std::string file;  ///< that says so; of firewalld its unit
  std::string text;  ///< nftables, netfilter-persistent: what is in the file
  bool operator==(const Firewall&) const = default;
};

struct NodeFacts {
  std::string hostname;
  std::string kernel;            ///< "6.1.0-18-amd64"
  std::string container;         ///< "systemd-nspawn", "lxc", ...; empty: a machine with a kernel of its own
  std::uint64_t memory = 0;      ///< bytes; 0: not known
  std::uint64_t processors = 0;  ///< 0: not known
  std::vector<SwapEntry> swaps;
  std::vector<std::string> fstab_swaps;      ///< first fields of fstab(5)'s entries of type swap
  std::vector<std::string> missing_modules;  ///< of those asked for: neither in the kernel nor to be loaded
  std::vector<Route> routes;
  std::vector<NodeAddress> addresses;        ///< without loopback
  std::map<std::string, std::string> hosts;  ///< /etc/hosts: the first address of every name
  std::vector<std::string> nameservers;      ///< /etc/resolv.conf, and systemd-resolved's own list; without loopback
  std::vector<std::string> search;           ///< resolv.conf's search domains
  std::vector<Firewall> firewalls;           ///< what is set up to drop packets
  bool forward_drop = false;                 ///< saved rules drop what is forwarded
  std::vector<std::string> proxies;          ///< files that put a proxy into services' environment
  std::map<std::string, std::uint64_t> limits;  ///< of node_limits(), as they are now; absent: not known
  bool conntrack_fixed = false;              ///< the kernel's conntrack limits cannot be set from here
  bool oom_score_fixed = false;              ///< no process here may lower its oom_score_adj
  bool kernel_config_unreadable = false;     ///< kubeadm's check of the kernel cannot read what it looks at
  std::optional<std::string> cluster_file;   ///< a file of a node that is set up here already
};

/// Addresses and what could not be read come from `facts`' readers: `own` are this machine's addresses.
NodeFacts read_node_facts(HostSystem& host, const std::vector<std::string>& own, std::vector<std::string>& unseen);

/// Limits of the kernel that are enough for a node; a machine may have more.
struct KernelLimit {
  std::string name;  ///< as sysctl(8) has it
  std::uint64_t enough;
};
const std::vector<KernelLimit>& node_limits();

/// Modules that every node needs.
const std::vector<std::string>& node_modules();

// The readers that read_node_facts() is made of. Each takes the text of the file it is named for.
std::vector<SwapEntry> parse_swaps(std::string_view text);          ///< /proc/swaps
std::vector<std::string> parse_fstab_swaps(std::string_view text);  ///< fstab(5)
std::vector<Route> parse_routes(std::string_view text);             ///< /proc/net/route
std::vector<NodeAddress> place_addresses(const std::vector<std::string>& own, const std::vector<Route>& routes);
std::map<std::string, std::string> parse_hosts(std::string_view text);  ///< hosts(5)
struct ResolvConf {
  std::vector<std::string> nameservers;
  std::vector<std::string> search;
};
ResolvConf parse_resolv_conf(std::string_view text);              ///< resolv.conf(5); without loopback, which no pod could ask
std::uint64_t parse_memory(std::string_view text);                ///< /proc/meminfo, MemTotal
std::uint64_t parse_processors(std::string_view text);            ///< /proc/cpuinfo
bool may_lower_oom_score(std::string_view text);                  ///< /proc/self/status: CAP_SYS_RESOURCE is effective
bool sets_proxy(std::string_view text);                           ///< a unit, a drop-in or system.conf(5)
bool nftables_drop(std::string_view text);                        ///< /etc/nftables.conf
bool chain_drops(std::string_view text, std::string_view chain);  ///< iptables-save(8): the policy of a chain of filter
/// Whether the module is in the kernel (/proc/modules, /proc/filesystems, modules.builtin) or there to be loaded (modules.dep).
struct ModuleTexts {
  std::string loaded, filesystems, builtin, available;
};
bool knows_module(const ModuleTexts& texts, std::string_view module);

}  // namespace rootcellar
