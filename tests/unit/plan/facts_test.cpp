#include "installer/plan/facts.h"

#include <gtest/gtest.h>

#include "tests/support/memory_host.h"

namespace rootcellar {
namespace {

constexpr const char* k_tcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000   104        0 19151 1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19152 1 0000000000000000 100 0 0 10 0\n"
    "   2: 0100007F:1388 0100007F:C000 01 00000000:00000000 00:00000000 00000000   104        0 19153 1 0000000000000000 100 0 0 10 0\n";
constexpr const char* k_tcp6 =
    "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  "
    "timeout inode\n"
    "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  4242     "
    "   0 1 1\n"
    "   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0     "
    "   0 1 1\n";
constexpr const char* k_passwd = "root:x:0:0:root:/root:/bin/bash\nregistry:x:104:110::/nonexistent:/usr/sbin/nologin\nshort:x:1\n";
constexpr const char* k_status =
    "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2+b2\nDescription: a shell\n Status: not this one\n\n"
    "Package: kept\nStatus: hold ok installed\nVersion: 1\n\n"
    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
    "Package: half\nStatus: install ok half-configured\nVersion: 2\n";
constexpr const char* k_fib =
    "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 127.0.0.0/8 2 0 2\n           |-- 127.0.0.1\n"
    "              /32 host LOCAL\n     |-- 192.0.2.7\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n"
    "Local:\n     |-- 192.0.2.7\n        /32 host LOCAL\n";

TEST(Facts, PortsThatListen) {
  const auto users = parse_passwd(k_passwd);
  EXPECT_EQ(parse_listening(k_tcp, users), (std::vector<ListeningPort>{{5000, "127.0.0.1", "registry"}, {22, "0.0.0.0", "root"}}));
  EXPECT_EQ(parse_listening(k_tcp6, users), (std::vector<ListeningPort>{{80, "::", "4242"}, {81, "::1", "root"}}));
  EXPECT_TRUE(parse_listening("nonsense\n1: 2 3 0A\n", users).empty());
}

TEST(Facts, PackagesThatAreThere) {
  const std::map<std::string, InstalledPackage> expected{
      {"bash", {"5.2.15-2+b2", "installed", false}}, {"half", {"2", "half-configured", false}}, {"kept", {"1", "installed", true}}};
  EXPECT_EQ(parse_dpkg_status(k_status), expected);
}

TEST(Facts, OwnAddresses) { EXPECT_EQ(parse_fib_trie(k_fib), (std::vector<std::string>{"127.0.0.1", "192.0.2.7"})); }

TEST(Facts, Release) {
  const auto values = parse_os_release("# comment\nID=debian\nVERSION_ID=\"12\"\nNAME='Debian GNU/Linux'\nbroken\n");
  EXPECT_EQ(values.at("ID"), "debian");
  EXPECT_EQ(values.at("VERSION_ID"), "12");
  EXPECT_EQ(values.at("NAME"), "Debian GNU/Linux");
  EXPECT_EQ(values.size(), 3u);
}

TEST(Facts, Architectures) {
  EXPECT_EQ(debian_architecture("x86_64"), "amd64");
  EXPECT_EQ(debian_architecture("aarch64"), "arm64");
  EXPECT_EQ(debian_architecture("sparc9"), "sparc9");
}

TEST(Facts, OfAWholeMachine) {
  MemoryHost host;
  for (const char* directory :
       {"/etc/docker", "/proc/net", "/var/lib/dpkg", "/run/systemd/system", "/sys/fs/cgroup", "/usr/lib/systemd/system"}) {
    host.add_directories(directory);
  }
  host.add_file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
  host.add_file("/etc/passwd", k_passwd);
  host.add_file("/proc/net/tcp", k_tcp);
  host.add_file("/proc/net/fib_trie", k_fib);
  host.add_file("/var/lib/dpkg/status", k_status);
  host.add_file("/etc/docker/daemon.json", "{}");
  host.add_file("/usr/lib/systemd/system/docker.service", "");
  host.add_file("/sys/fs/cgroup/cgroup.controllers", "cpu");
  const Facts facts = read_facts(host, {"/var", "/usr"});
  EXPECT_EQ(facts.distribution + facts.version + facts.codename, "debian12bookworm");
  EXPECT_EQ(facts.architecture, "amd64");
  EXPECT_TRUE(facts.root && facts.systemd);
  EXPECT_EQ(facts.cgroup, "v2");
  EXPECT_EQ(facts.ports.size(), 2u);
  EXPECT_EQ(facts.users, (std::vector<std::string>{"registry", "root"}));
  EXPECT_EQ(facts.docker_unit, "/usr/lib/systemd/system/docker.service");
  EXPECT_EQ(facts.daemon_json, "{}");
  EXPECT_EQ(facts.space.size(), 2u);
  EXPECT_TRUE(facts.unseen.empty());
}

TEST(Facts, OfAnEmptyMachineAreEmpty) {
  MemoryHost host;
  const Facts facts = read_facts(host, {});
  EXPECT_EQ(facts.distribution, "");
  EXPECT_FALSE(facts.systemd);
  EXPECT_EQ(facts.cgroup, "v1");
  EXPECT_FALSE(facts.daemon_json);
}

}  // namespace
}  // namespace rootcellar
