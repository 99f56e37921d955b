#include "tests/unit/commands_installer/rack_fixture.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/program.h"
#include "tests/support/proc_texts.h"
#include "tests/unit/bundle/bundle_fixture.h"
#include "tests/unit/commands_installer/site_fixture.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_pulled = "/fake/pulled";
std::string installed_packages() {
  std::string text;
  for (const char* name : {"containerd", "conntrack", "iptables", "iproute2"})
    text += cat("Package: ", name, "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6.20\n\n");
  return text;
}

ClusterSection cluster() {
  ClusterSection section;
  section.enabled = true;
  section.version = "1.34.4";
  section.sandbox_image = "registry.k8s.io/pause:3.10.1";
  section.roles = {{"web", {"web=yes"}, {}}, {"db", {"node-role.kubernetes.io/db="}, {}}};
  return section;
}

void write_bundle(const std::string& folder, std::vector<Deployment> deploy = {}) {
  BundleMaker maker;
  maker.add_image("docker.io/library/registry", {"2"}, {tar({{"bin/registry", "the registry program"}})}, true);
  maker.add_image("registry.k8s.io/pause", {"3.10.1"}, {tar({{"pause", "waits"}})});
  Appliance& appliance = maker.appliance();
  for (const char* name : {"kubeadm", "kubelet", "kubectl", "crictl"}) {
    maker.add_file(cat("files/", name), "a program");
    appliance.files.push_back({name, cat("files/", name), cat("/usr/local/bin/", name), 0755, "root", "root"});
  }
  appliance.registry.enabled = true;
  appliance.registry.program = "image:docker.io/library/registry:2";
  appliance.runtime.kind = "containerd";
  appliance.cluster = cluster();
  appliance.cluster.deploy = std::move(deploy);
  make_directories(folder);
  maker.build(folder);
}

// The digest that the registry serves: written into what every machine of these tests is told by the bundle.
ToolResult crictl(MemoryHost& host, const ToolCall& call, const std::map<std::string, std::string>& digests) {
  const std::string& name = call.argv.back();
  if (has(call, "pull")) set_member(host, k_pulled, name, true);
  if (has(call, "rmi")) set_member(host, k_pulled, name, false);
  if (!has(call, "inspecti")) return good();
  if (!read_lines(host, k_pulled).contains(name)) return bad(1, "no such image present");
  return good(
      cat(R"({"status":{"id":"sha256:1","repoDigests":[")", name.substr(0, name.rfind(':')), "@", digests.at(name), R"("]},"info":{}})"));
}

std::map<std::string, std::string> digests_of(const std::string& stick) {
  std::map<std::string, std::string> digests;
  const Bundle bundle = Bundle::open(find_bundles({stick}, [](const std::string&, const std::string&) {}).at(0),
                                     TrustPolicy{1, {{"first", first_key().public_key()}}});
  for (const ImageEntry& image : bundle.index().images) digests[cat(image.repository, ":", image.tags.front())] = image.digest.named();
  return digests;
}

}  // namespace

Machine::Machine(const std::string& folder, const std::string& hostname, const std::string& address)
    : folder_(folder), surroundings_{.host = host_, .paths = {}, .version = "0.1.0", .jobs = 1} {
  set_up_cluster_machine(host_);
  host_.set_available(std::uint64_t{1} << 40);
  host_.remove_tree("/var/lib/rootcellar");
  host_.add_file(k_objects, "kube-system deployment/coredns\n");
  host_.remove("/usr/local/bin/kubeadm");
  host_.add_file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
  host_.add_file("/proc/self/exe", "the program");
  host_.add_file("/proc/sys/kernel/hostname", cat(hostname, "\n"));
  host_.add_file("/proc/meminfo", "MemTotal:        8000000 kB\n");
  host_.add_file("/proc/cpuinfo", "processor\t: 0\nprocessor\t: 1\n");
  host_.add_file("/proc/net/route", route_table({k_way_out, k_lan}));
  host_.add_file("/proc/net/fib_trie", fib_trie({address}));
  host_.add_file("/proc/self/status", "CapEff:\t000001ffffffffff\n");
  host_.add_file("/etc/resolv.conf", "nameserver 192.0.2.53\n");
  host_.add_file("/boot/config-6.1.0-test", "CONFIG_X=y\n");
  host_.add_file("/var/lib/dpkg/status", installed_packages());
  for (const char* name : {"bridge-nf-call-iptables", "bridge-nf-call-ip6tables"})
    host_.add_file(cat("/proc/sys/net/bridge/", name), "0\n");
  for (const char* directory : {"/root", "/run/systemd/system", "/usr/local/sbin", "/sys/fs/cgroup", "/sys/module/overlay",
                                "/sys/module/br_netfilter", "/etc/sysctl.d", "/etc/modules-load.d", "/etc/profile.d"})
    host_.add_directories(directory);
  host_.add_file("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  surroundings_.lock = path_join(folder, cat(hostname, ".lock"));
  set_tools();
}

void Machine::set_tools() {
  host_.set_server([](MemoryHost&, const std::string&) { return HttpReply{.status = 200, .body = "{}", .headers = {}}; });
  host_.set_tool("/usr/bin/systemd-run", [this](MemoryHost&, const ToolCall& call) {
    try {
      run_in_unit(surroundings_, places_of(call.argv));
    } catch (const Error&) {
      // A unit that fails is still a unit that was started.
    }
    return ToolResult{};
  });
  host_.set_tool("/usr/local/bin/crictl",
                 [this](MemoryHost& host, const ToolCall& call) { return crictl(host, call, digests_of(path_join(folder_, "stick"))); });
}

cli::Captured Machine::run(const std::vector<std::string>& arguments) {
  return cli::run_captured(installer_program(surroundings_), arguments);
}

bool Machine::is_anywhere(const std::string& secret) {
  for (const auto& [path, node] : host_.tree()) {
    if (node.content.find(secret) != std::string::npos) return true;
  }
  for (const auto& argv : host_.calls()) {
    if (join(argv, " ").find(secret) != std::string::npos) return true;
  }
  return false;
}

Rack::Rack() {
  write_bundle(stick_);
  make_directories(path("keys"));
  write_file_atomically(bundle_key_, first_key().public_key().file_text());
  write_file_atomically(path("answers.yaml"),
                        "registry:\n  listen: 0.0.0.0:5000\ncluster:\n  machines:\n    bench7: [web]\n    bench8: [db]\n    bench9: []\n");
}

std::string Rack::make_stick(const std::string& name, const Deployment& deployment) {
  write_bundle(path(name), {deployment});
  return path(name);
}

cli::Captured Rack::install_first() {
  return first_.run({"install", stick_, "--trust", bundle_key_, "--answers", path("answers.yaml"), "--yes"});
}

std::string Rack::make_ticket(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"ticket", "-o", "/root/join.ticket"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const cli::Captured ran = first_.run(arguments);
  if (ran.exit_code != 0) throw InputError(ran.err);
  const std::string ticket = path_join(stick_, "join.ticket");
  write_file_atomically(ticket, first_.file("/root/join.ticket"));
  write_file_atomically(site_key(), first_.file("/etc/rootcellar/site.pub"));
  return ticket;
}

cli::Captured Rack::join(Machine& machine, const std::string& ticket, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = join_words(ticket);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return machine.run(arguments);
}

std::vector<std::string> Rack::join_words(const std::string& ticket) const {
  return {"install", stick_, "--join", ticket, "--trust", site_key(), "--yes"};
}

std::string Rack::stable(std::string text) const {
  const std::string& folder = directory_.path();
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.replace(at, folder.size(), "DIR");
  return text;
}

}  // namespace rootcellar::test
