// Models of the programs that make a machine a node: they keep their state in files, as the real ones do, and know nothing of Kubernetes.
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* k_devices = "/proc/net/dev";
constexpr const char* k_own_devices = "Inter-|   Receive\n face |bytes    packets errs drop\n  eth0:    1234      12    0    0\n";
constexpr const char* k_swaps = "/proc/swaps";
constexpr const char* k_swap_head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
constexpr const char* k_swap_line = "/dev/vda3                               partition\t1048572\t0\t-2\n";
constexpr const char* k_rules = "/fake/rules";
constexpr const char* k_images = "/fake/cri";
constexpr const char* k_ufw = "/fake/ufw";
constexpr const char* k_firewalld = "/fake/firewalld";

ToolResult swapoff(MemoryHost& host, const ToolCall&) {
  host.write_file(k_swaps, k_swap_head);
  return good();
}

ToolResult swapon(MemoryHost& host, const ToolCall&) {
  host.write_file(k_swaps, cat(k_swap_head, k_swap_line));
  return good();
}

ToolResult modprobe(MemoryHost& host, const ToolCall& call) {
  const std::string& name = call.argv.back();
  if (name == "absent") return bad(1, "modprobe: FATAL: Module absent not found in directory /lib/modules/6.1.0-test");
  host.make_directories(cat("/sys/module/", name));
  host.sync_filesystem("/sys");
  return good();
}

// "NAME DIGEST", and "NAME DIGEST pinned" beside it.
ToolResult crictl(MemoryHost& host, const ToolCall& call) {
  const std::string& name = call.argv.back();
  const std::string line = cat(name, " ", sha256(as_bytes(name)).named());
  if (!read_lines(host, "/fake/active").contains("containerd.service")) return bad(1, "connect: no such file or directory");
  if (has(call, "pull")) set_member(host, k_images, line, true);
  if (has(call, "rmi")) set_member(host, k_images, line, false), set_member(host, k_images, line + " pinned", false);
  if (!has(call, "inspecti")) return good();
  if (!read_lines(host, k_images).contains(line)) return bad(1, "no such image present");
  return good(cat(R"({"status":{"id":"sha256:1","repoDigests":[")", name.substr(0, name.rfind(':')), "@", sha256(as_bytes(name)).named(),
                  R"("]},"info":{}})"));
}

ToolResult ctr(MemoryHost& host, const ToolCall& call) {
  const bool list = has(call, "list");
  const std::string name = list ? call.argv.back().substr(std::string_view("name==").size()) : call.argv.at(5);
  const std::string line = cat(name, " ", sha256(as_bytes(name)).named(), " pinned");
  if (list) return good(read_lines(host, k_images).contains(line) ? cat(name, " io.cri-containerd.pinned=pinned\n") : "");
  set_member(host, k_images, line, call.argv.back().ends_with("=pinned"));
  return good();
}

/// "192.0.2.7" of a configuration's advertiseAddress; empty: it says none.
std::string advertised(MemoryHost& host, const std::string& config) {
  const std::string text = host.read_file(config, 1u << 20).value_or(""), key = "advertiseAddress: \"";
  const std::size_t at = text.find(key);
  return at == text.npos ? std::string() : text.substr(at + key.size(), text.find('"', at + key.size()) - at - key.size());
}

void write_server_manifest(MemoryHost& host, const std::string& address) {
  host.write_file("/etc/kubernetes/manifests/kube-apiserver.yaml",
                  address.empty() ? "a pod" : cat("    - --advertise-address=", address, "\n"));
}

// `ufw show added`, `ufw [route] allow ... comment X`, `ufw [route] delete ...`: rules with their comments, as the real one keeps them.
ToolResult ufw(MemoryHost& host, const ToolCall& call) {
  const Lines lines = read_lines(host, k_ufw);
  if (has(call, "show"))
    return good(cat("Added user rules (see 'ufw status' for running firewall):\n", join(Texts(lines.begin(), lines.end()), "\n"), "\n"));
  Texts words{call.argv.begin() + 1, call.argv.end()};
  const auto deleting = std::find(words.begin(), words.end(), "delete");
  const bool adds = deleting == words.end();
  if (!adds) words.erase(deleting);
  if (adds) words.erase(words.end() - 2, words.end());
  set_member(host, k_ufw, cat("ufw ", join(words, " "), " comment 'rootcellar'"), adds);
  host.write_file("/etc/ufw/user.rules", cat("# as ufw writes it\n", join(Texts(lines.begin(), lines.end()), "\n")), 0640);
  return good();
}

// firewall-cmd of a daemon that runs: "PERMANENT|RUNTIME ZONE WHAT=VALUE".
ToolResult firewall_cmd(MemoryHost& host, const ToolCall& call) {
  if (has(call, "--state")) return good("running\n");
  if (call.argv[1].starts_with("--get-zone-of-interface=")) return bad(2, "no zone");
  if (has(call, "--get-default-zone")) return good("public\n");
  const std::string& option = call.argv.back();
  if (option == "--list-all") {
    const Lines lines = read_lines(host, k_firewalld);
    return good(join(Texts(lines.lower_bound("permanent"), lines.lower_bound("runtime")), "\n"));
  }
  const std::string value = option.substr(option.find('-', 2) + 1);
  const std::string line = cat(has(call, "--permanent") ? "permanent " : "runtime ", *(call.argv.end() - 2), " ", value);
  if (option.starts_with("--query-")) return read_lines(host, k_firewalld).contains(line) ? good("yes\n") : bad(1, "no");
  set_member(host, k_firewalld, line, option.starts_with("--add-"));
  if (has(call, "--permanent")) host.write_file(cat("/etc/firewalld/zones/", (call.argv.end() - 2)->substr(7), ".xml"), line);
  return good();
}

ToolResult nvidia_ctk(MemoryHost&, const ToolCall& call) {
  return good(cat("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n# ", join(call.argv, " "), "\n"));
}

void start_cluster(MemoryHost& host) {
  for (const char* folder : {"/etc/kubernetes/manifests", "/etc/kubernetes/pki", "/var/lib/kubelet/pods", "/var/lib/etcd/member",
                             "/var/lib/cni", "/usr/libexec/kubernetes/kubelet-plugins"})
    host.make_directories(folder);
  host.write_file("/etc/kubernetes/manifests/kube-apiserver.yaml", "a pod");
  host.write_file("/etc/kubernetes/pki/ca.crt", "a certificate");
  for (const char* file : {"/etc/kubernetes/kubelet.conf", "/etc/kubernetes/admin.conf"}) host.write_file(file, "a kubeconfig", 0600);
  host.write_file(k_devices, cat(k_own_devices, "  cni0:       0       0    0    0\n"));
  host.write_file("/var/lib/kubelet/config.yaml", "settings");
  host.write_file("/var/lib/etcd/member/db", "data");
  host.write_file("/etc/cni/net.d/10-flannel.conflist", "{}");
  host.write_file("/proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\ntmpfs /var/lib/kubelet/pods tmpfs rw 0 0\n");
  host.write_file(
      k_rules,
      "*filter\n:FORWARD DROP [0:0]\n:KUBE-FORWARD - [0:0]\n-A FORWARD -j KUBE-FORWARD\n-A FORWARD -s 10.9.9.9/32 -j ACCEPT\nCOMMIT\n");
  set_member(host, "/fake/active", "kubelet.service", true);
  host.write_file(k_node, "balanced=\n");
}

// Leaves what the real one leaves: network configuration, devices, packet rules, data.
ToolResult kubeadm_reset(MemoryHost& host) {
  for (const char* path : {"/etc/kubernetes/manifests", "/etc/kubernetes/pki"}) {
    for (const std::string& name : host.list(path)) host.remove_tree(path_join(path, name));
  }
  for (const char* file : {"/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"}) host.remove(file);
  for (const char* file : {k_objects, k_releases, k_node, k_etcd_peer}) host.remove(file);
  host.remove_tree(k_kept);
  host.sync_filesystem("/");
  return good();
}

// A worker gets the kubelet's key, a control-plane node an administrator's, too.
ToolResult kubeadm_join(MemoryHost& host, const std::string& config) {
  if (config.find("abcdef.0123456789abcdef") == config.npos) return bad(1, "could not find a JWS signature for token ID");
  if (host.exists("/etc/kubernetes/kubelet.conf"))
    return bad(1, "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists");
  start_cluster(host);
  if (config.find("controlPlane:") != config.npos)
    return good("This node has joined the cluster and a new control plane instance was created\n");
  for (const char* path : {"/etc/kubernetes/admin.conf", "/etc/kubernetes/manifests", "/var/lib/etcd"}) host.remove_tree(path);
  return good("This node has joined the cluster\n");
}

// Each phase makes its files of the configuration; certificates say when they were made and for which address.
ToolResult kubeadm_phase(MemoryHost& host, const ToolCall& call) {
  const std::string config = call.argv.back(), phase = call.argv.at(3);
  if (!host.exists(config)) return bad(1, "no config");
  if (phase == "upload-certs") return good("[upload-certs] Storing the certificates\n");
  if (phase == "certs") host.write_file(cat("/etc/kubernetes/pki/", call.argv.at(4), ".crt"), cat("for ", advertised(host, config)));
  if (phase == "control-plane") write_server_manifest(host, advertised(host, config));
  if (phase == "kubeconfig") host.write_file("/etc/kubernetes/kubelet.conf", "a kubeconfig", 0600);
  return good();
}

ToolResult kubeadm(MemoryHost& host, const ToolCall& call) {
  if (call.argv.at(1) == "reset") return kubeadm_reset(host);
  if (call.argv.at(1) == "certs") {
    host.write_file("/etc/kubernetes/pki/renewed", "for a year");
    return good();
  }
  if (call.argv.at(1) == "token")
    return good(cat("kubeadm join cluster.internal:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:",
                    std::string(64, 'c'), " \n"));
  if (call.argv.at(2) == "phase") return kubeadm_phase(host, call);
  if (host.exists("/etc/kubernetes/manifests/kube-apiserver.yaml"))
    return bad(
        1,
        "error execution phase preflight: [preflight] Some fatal errors occurred:\n"
        "\t[ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]: /etc/kubernetes/manifests/kube-apiserver.yaml already "
        "exists\n[preflight] If you know what you are doing, ...");
  const std::optional<std::string> config = host.read_file(call.argv.at(3), 1u << 20);
  if (!config) return bad(1, "unable to read config");
  if (call.argv.at(1) == "join") return kubeadm_join(host, *config);
  start_cluster(host);
  write_server_manifest(host, advertised(host, call.argv.at(3)));
  host.write_file(k_etcd_peer, advertised(host, call.argv.at(3)));
  return good("Your Kubernetes control-plane has initialized successfully!\n");
}

ToolResult umount(MemoryHost& host, const ToolCall&) {
  host.write_file("/proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n");
  return good();
}

ToolResult ip(MemoryHost& host, const ToolCall& call) {
  if (has(call, "delete") && call.argv.back() == "cni0") host.write_file(k_devices, k_own_devices);
  return good();
}

ToolResult iptables_save(MemoryHost& host, const ToolCall&) { return good(host.read_file(k_rules, 1u << 20).value_or("")); }

ToolResult iptables_restore(MemoryHost& host, const ToolCall& call) {
  host.write_file(k_rules, call.input);
  return good();
}

}  // namespace

void set_up_node_tools(MemoryHost& host) {
  host.set_tool("/usr/sbin/swapoff", swapoff);
  host.set_tool("/usr/sbin/swapon", swapon);
  host.set_tool("/usr/sbin/modprobe", modprobe);
  host.set_tool("/usr/local/bin/crictl", crictl);
  host.set_tool("/usr/bin/ctr", ctr);
  host.set_tool("/usr/local/bin/kubeadm", kubeadm);
  host.set_tool("/usr/bin/umount", umount);
  host.set_tool("/usr/sbin/ip", ip);
  host.set_tool("/usr/sbin/ufw", ufw);
  host.set_tool("/usr/bin/firewall-cmd", firewall_cmd);
  host.set_tool("/usr/bin/nvidia-ctk", nvidia_ctk);
  for (const char* program : {"/usr/sbin/ufw", "/usr/bin/firewall-offline-cmd", "/usr/bin/nvidia-cdi-hook"})
    host.add_file(program, "", 0755);
  host.add_file(k_ufw, "ufw allow 22/tcp\nufw allow 6443/tcp comment 'ours for long'\n");
  host.add_file("/etc/ufw/user.rules", "# as the package has it\n", 0640);
  host.add_directories("/etc/firewalld/zones");
  host.add_file(k_firewalld, "permanent --zone=public service=ssh\n");
  host.set_tool("/usr/sbin/iptables-save", iptables_save);
  host.set_tool("/usr/sbin/iptables-restore", iptables_restore);
  host.add_file(k_swaps, cat(k_swap_head, k_swap_line));
  host.add_file("/dev/vda3", "a partition");
  host.add_file(k_images, "registry.lab/theirs:1 " + sha256(as_bytes("registry.lab/theirs:1")).named() + "\n");
  host.add_file(k_rules, "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.9.9.9/32 -j ACCEPT\nCOMMIT\n");
  host.add_file("/proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n");
  host.add_file("/proc/sys/net/ipv4/ip_forward", "0\n");
  host.add_file("/proc/sys/fs/inotify/max_user_instances", "128\n");
  host.add_file("/proc/sys/fs/inotify/max_user_watches", "1048576\n");
  host.add_file("/proc/sys/kernel/osrelease", "6.1.0-test\n");
  host.add_file("/fake/active", "containerd.service\n");
  for (const char* program : {"/usr/local/bin/kubeadm", "/usr/sbin/iptables-save", "/usr/sbin/iptables-restore"})
    host.add_file(program, "a program", 0755);
  host.add_file("/etc/cni/net.d/87-theirs.conflist", "{}");
  host.add_file("/etc/fstab", "# <file system> <mount point> <type>\nUUID=1 / ext4 defaults 0 1\nUUID=2 none swap sw 0 0", 0640);
  host.add_file("/etc/hosts", "127.0.0.1 localhost\n");
  host.add_file(k_devices, k_own_devices);
  host.add_directories("/run");
  host.add_directories("/sys");
  host.add_directories("/usr/libexec");
}

}  // namespace rootcellar::test
