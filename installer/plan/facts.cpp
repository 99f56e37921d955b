#include "installer/plan/facts.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_small_file = std::size_t{4} << 20;
constexpr std::size_t k_dpkg_status = std::size_t{64} << 20;  // Debian's whole archive has 60,000 packages of about 1 KiB

/// A file's text, or "" with a sentence in `unseen` when this user may not read it.
std::optional<std::string> read_or_note(HostSystem& host, const std::string& path, std::size_t limit, Facts& facts) {
  try {
    return host.read_file(path, limit);
  } catch (const SystemError& error) {
    facts.unseen.push_back(error.message());
    return std::nullopt;
  }
}

std::string value_or_empty(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

void read_release(HostSystem& host, Facts& facts) {
  std::optional<std::string> text = read_or_note(host, "/etc/os-release", k_small_file, facts);
  if (!text) text = read_or_note(host, "/usr/lib/os-release", k_small_file, facts);
  const std::map<std::string, std::string> values = parse_os_release(text.value_or(""));
  facts.distribution = value_or_empty(values, "ID");
  facts.version = value_or_empty(values, "VERSION_ID");
  facts.codename = value_or_empty(values, "VERSION_CODENAME");
}

void read_users_and_ports(HostSystem& host, Facts& facts) {
  const std::map<std::uint64_t, std::string> users = parse_passwd(read_or_note(host, "/etc/passwd", k_small_file, facts).value_or(""));
  for (const auto& [uid, name] : users) facts.users.push_back(name);
  std::sort(facts.users.begin(), facts.users.end());
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const std::vector<ListeningPort> ports = parse_listening(read_or_note(host, path, k_small_file, facts).value_or(""), users);
    facts.ports.insert(facts.ports.end(), ports.begin(), ports.end());
  }
}

std::string read_cgroup(HostSystem& host) {
  if (host.exists("/sys/fs/cgroup/cgroup.controllers")) return "v2";
  return host.exists("/sys/fs/cgroup/unified/cgroup.controllers") ? "hybrid" : "v1";
}

void read_docker(HostSystem& host, Facts& facts) {
  facts.daemon_json = read_or_note(host, "/etc/docker/daemon.json", k_small_file, facts);
  for (const char* directory : {"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    const std::string path = path_join(directory, "docker.service");
    if (facts.docker_unit || !host.exists(path)) continue;
    facts.docker_unit = path;
  }
}

/// Written while the machine ran: systemd's own memory, ours, what packages and people left.
void read_seen_times(HostSystem& host, Facts& facts) {
  std::vector<std::string> files = {"/var/lib/systemd/timesync/clock", "/var/lib/rootcellar-time/seen", "/var/lib/rootcellar/journal",
                                    "/var/lib/dpkg/status", "/var/log/wtmp"};
  constexpr std::string_view k_journals = "/var/log/journal";
  try {
    for (const std::string& machine : host.list(std::string(k_journals))) {
      const std::string folder = path_join(k_journals, machine);
      for (const std::string& name : host.list(folder)) files.push_back(path_join(folder, name));
    }
    for (const std::string& file : files) {
      if (const auto found = host.status(file)) facts.seen_times.push_back(found->mtime);
    }
  } catch (const SystemError&) {
    // Not for everybody's eyes: one time more or less.
  }
}

}  // namespace

std::string debian_architecture(std::string_view machine) {
  constexpr std::pair<std::string_view, std::string_view> k_names[] = {{"x86_64", "amd64"},   {"aarch64", "arm64"},   {"armv7l", "armhf"},
                                                                       {"i686", "i386"},      {"ppc64le", "ppc64el"}, {"s390x", "s390x"},
                                                                       {"riscv64", "riscv64"}};
  for (const auto& [kernel, debian] : k_names) {
    if (kernel == machine) return std::string(debian);
  }
  return std::string(machine);
}

Facts read_facts(HostSystem& host, const std::vector<std::string>& space_paths) {
  Facts facts;
  facts.root = host.is_root();
  if (!facts.root) facts.unseen.push_back("this is not root: what only root may read was not read");
  facts.machine = host.machine();
  facts.architecture = debian_architecture(facts.machine);
  facts.systemd = host.exists("/run/systemd/system");
  facts.clock = host.now();
  read_seen_times(host, facts);
  facts.cgroup = read_cgroup(host);
  read_release(host, facts);
  read_users_and_ports(host, facts);
  facts.packages = parse_dpkg_status(read_or_note(host, "/var/lib/dpkg/status", k_dpkg_status, facts).value_or(""));
  read_docker(host, facts);
  facts.addresses = parse_fib_trie(read_or_note(host, "/proc/net/fib_trie", k_small_file, facts).value_or(""));
  facts.node = read_node_facts(host, facts.addresses, facts.unseen);
  facts.gpu = read_gpu_facts(host, facts.node.kernel);
  for (const std::string& path : space_paths) facts.space[path] = host.space(path);
  return facts;
}

}  // namespace rootcellar
