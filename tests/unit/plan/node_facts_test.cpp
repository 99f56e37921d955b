#include "installer/plan/node_facts.h"

#include <gtest/gtest.h>

#include "installer/plan/facts.h"
#include "tests/support/memory_host.h"

namespace rootcellar {
namespace {

using Texts = std::vector<std::string>;

// 192.0.2.1 is the way out of eth0; a bridge of docker; a network that is refused.
constexpr const char* k_routes =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "*\t00000A0A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "broken\n";

TEST(NodeFacts, RoutesAreReadInTheKernelsByteOrder) {
  const std::vector<Route> expected{
      {"eth0", {0, 0}, 0xc0000201, 100}, {"eth0", {0xc0000200, 24}, 0, 0}, {"docker0", {0xac110000, 16}, 0, 0}};
  EXPECT_EQ(parse_routes(k_routes), expected);
}

TEST(NodeFacts, AnAddressIsAtTheInterfaceOfItsNetwork) {
  const std::vector<NodeAddress> expected{{"192.0.2.7", "eth0"}, {"172.17.0.1", "docker0"}, {"198.51.100.9", ""}};
  EXPECT_EQ(place_addresses({"127.0.0.1", "192.0.2.7", "172.17.0.1", "198.51.100.9"}, parse_routes(k_routes)), expected);
}

TEST(NodeFacts, SwapThatIsOnAndSwapThatComesBack) {
  const std::vector<SwapEntry> expected{{"/dev/sda2", "partition"}, {"/swapfile", "file"}};
  EXPECT_EQ(parse_swaps("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2 partition\t999420\t0\t-2\n/swapfile file 1024 0 5\n"),
            expected);
  EXPECT_EQ(parse_fstab_swaps("# /dev/sda3 none swap sw 0 0\nUUID=1 / ext4 defaults 0 1\nUUID=2 none swap sw 0 0\n/swapfile none swap\n"),
            (Texts{"UUID=2", "/swapfile"}));
}

TEST(NodeFacts, NamesAndResolvers) {
  const auto hosts = parse_hosts("127.0.0.1 localhost\n127.0.1.1\tbox.lab box # mine\n192.0.2.9 box\n");
  EXPECT_EQ(hosts, (std::map<std::string, std::string>{{"localhost", "127.0.0.1"}, {"box.lab", "127.0.1.1"}, {"box", "127.0.1.1"}}));
  const ResolvConf resolver = parse_resolv_conf("; old\nnameserver 127.0.0.53\nnameserver 192.0.2.53 # site\nsearch lab.example lab\n");
  EXPECT_EQ(resolver.nameservers, Texts{"192.0.2.53"});
  EXPECT_EQ(resolver.search, (Texts{"lab.example", "lab"}));
}

TEST(NodeFacts, Size) {
  EXPECT_EQ(parse_memory("MemTotal:        2048000 kB\nMemFree: 1 kB\n"), 2'097'152'000u);
  EXPECT_EQ(parse_memory("nothing\n"), 0u);
  EXPECT_EQ(parse_processors("processor\t: 0\nmodel name\t: processor x\n\nprocessor\t: 1\n"), 2u);
}

TEST(NodeFacts, WhoMayLowerOomScores) {
  EXPECT_TRUE(may_lower_oom_score("Name:\tx\nCapEff:\t000001ffffffffff\n"));
  EXPECT_FALSE(may_lower_oom_score("CapEff:\t000001fffeffffff\n"));
  EXPECT_TRUE(may_lower_oom_score("nothing is said\n"));
}

TEST(NodeFacts, ProxiesOfServices) {
  EXPECT_TRUE(sets_proxy("[Manager]\nDefaultEnvironment=\"HTTP_PROXY=http://192.0.2.3:3128\"\n"));
  EXPECT_TRUE(sets_proxy("[Service]\nEnvironment=https_proxy=http://192.0.2.3:3128 X=1\n"));
  EXPECT_FALSE(sets_proxy("[Manager]\n#DefaultEnvironment=HTTP_PROXY=x\nDefaultEnvironment=NO_PROXY=x\n"));
}

TEST(NodeFacts, RulesThatDrop) {
  EXPECT_TRUE(nftables_drop("table inet filter { chain input { type filter hook input priority 0; policy drop; } }\n"));
  EXPECT_TRUE(nftables_drop("ip saddr 192.0.2.1 reject\n"));
  EXPECT_FALSE(nftables_drop("# policy drop\nchain input { policy accept; }\n"));
  const std::string saved = "*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n";
  EXPECT_FALSE(chain_drops(saved, "INPUT"));
  EXPECT_TRUE(chain_drops(saved, "FORWARD"));
}

TEST(NodeFacts, ModulesThatTheKernelHasOrCanLoad) {
  const ModuleTexts texts{"overlay 212992 1 - Live 0x0\n", "nodev\tsysfs\n\text4\n", "kernel/net/netfilter/nf_conntrack.ko\n",
                          "kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\n"};
  for (const char* known : {"overlay", "ext4", "nf_conntrack", "nf-conntrack", "br_netfilter"})
    EXPECT_TRUE(knows_module(texts, known)) << known;
  for (const char* unknown : {"bridge", "vxlan", "over"}) EXPECT_FALSE(knows_module(texts, unknown)) << unknown;
}

MemoryHost lab_machine() {
  MemoryHost host;
  for (const char* directory :
       {"/proc/sys/kernel", "/proc/net", "/proc/self", "/proc/sys/net/netfilter", "/etc/ufw", "/etc/kubernetes",
        "/etc/systemd/system.conf.d", "/etc/systemd/system/multi-user.target.wants", "/etc/systemd/system/sysinit.target.wants",
        "/etc/iptables", "/sys/module/br_netfilter", "/run/systemd/resolve", "/boot", "/lib/modules/6.1.0-18-amd64"}) {
    host.add_directories(directory);
  }
  host.add_file("/proc/sys/kernel/hostname", "Bench7\n");
  host.add_file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  host.add_file("/proc/net/route", k_routes);
  host.add_file("/proc/modules", "overlay 212992 1 - Live 0x0\n");
  host.add_file("/proc/self/status", "CapEff:\t000001fffeffffff\n");
  host.add_file("/proc/sys/net/netfilter/nf_conntrack_max", "262144\n", 0444);
  host.add_file("/etc/resolv.conf", "nameserver 127.0.0.53\n");
  host.add_file("/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\n");
  host.add_file("/etc/ufw/ufw.conf", "# on\nENABLED=yes\n");
  host.add_file("/etc/systemd/system/sysinit.target.wants/nftables.service", "");
  host.add_file("/etc/systemd/system/multi-user.target.wants/firewalld.service", "");
  host.add_file("/etc/systemd/system/multi-user.target.wants/netfilter-persistent.service", "");
  host.add_file("/etc/nftables.conf", "policy drop;\n");
  host.add_file("/etc/iptables/rules.v4", "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n");
  host.add_file("/etc/systemd/system.conf.d/proxy.conf", "[Manager]\nDefaultEnvironment=HTTP_PROXY=http://192.0.2.3:3128\n");
  host.add_file("/etc/kubernetes/kubelet.conf", "");
  host.add_file("/proc/sys/fs/inotify/max_user_instances", "128\n");
  return host;
}

TEST(NodeFacts, OfAWholeMachine) {
  MemoryHost host = lab_machine();
  Texts unseen;
  const NodeFacts node = read_node_facts(host, {"127.0.0.1", "192.0.2.7"}, unseen);
  EXPECT_EQ(node.hostname, "bench7");
  EXPECT_EQ(node.missing_modules, Texts{});
  EXPECT_EQ(node.addresses, (std::vector<NodeAddress>{{"192.0.2.7", "eth0"}}));
  EXPECT_EQ(node.nameservers, Texts{"192.0.2.53"});
  EXPECT_EQ(node.firewalls, (std::vector<Firewall>{{"ufw", "/etc/ufw/ufw.conf", ""},
                                                   {"firewalld", "firewalld.service", ""},
                                                   {"nftables", "/etc/nftables.conf", "policy drop;\n"},
                                                   {"netfilter-persistent", "/etc/iptables/rules.v4",
                                                    "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n"}}));
  EXPECT_EQ(node.proxies, Texts{"/etc/systemd/system.conf.d/proxy.conf"});
  EXPECT_TRUE(node.forward_drop && node.conntrack_fixed && node.oom_score_fixed && node.kernel_config_unreadable);
  EXPECT_EQ(node.limits, (std::map<std::string, std::uint64_t>{{"fs.inotify.max_user_instances", 128}}));
  EXPECT_EQ(node.cluster_file, "/etc/kubernetes/kubelet.conf");
  EXPECT_EQ(unseen, Texts{});
}

TEST(NodeFacts, OfAnEmptyMachineAreEmpty) {
  MemoryHost host;
  Texts unseen;
  const NodeFacts node = read_node_facts(host, {}, unseen);
  EXPECT_EQ(node.missing_modules, node_modules());
  EXPECT_FALSE(node.conntrack_fixed || node.oom_score_fixed || node.forward_drop);
  EXPECT_TRUE(node.firewalls.empty());
  EXPECT_FALSE(node.cluster_file);
}

}  // namespace
}  // namespace rootcellar
