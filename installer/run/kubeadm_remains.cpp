#include "installer/run/kubeadm_remains.h"

#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_api.h"
#include "installer/run/json_at.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::array<std::string_view, 5> k_folders = {"/var/lib/kubelet", "/var/lib/etcd", "/var/lib/cni", "/etc/cni/net.d",
                                                       "/run/flannel"};
constexpr std::string_view k_configuration = "/etc/kubernetes";
// Of these only what kubeadm writes: other steps and people keep files there, too.
constexpr std::array<std::string_view, 9> k_configuration_names = {
    "manifests",     "pki", "tmp", "admin.conf", "super-admin.conf", "kubelet.conf", "bootstrap-kubelet.conf", "controller-manager.conf",
    "scheduler.conf"};
// The kubelet makes those of these that are missing, for pods that ask for them (hostPath, DirectoryOrCreate).
constexpr std::array<std::string_view, 6> k_made_folders = {"/etc/ssl/certs",         "/etc/ssl",         "/etc/ca-certificates",
                                                            "/usr/libexec/kubernetes", "/usr/lib/modules", "/usr/local/share/ca-certificates"};
// The devices of this process's network; /sys may show another's.
constexpr const char* k_devices = "/proc/net/dev";
constexpr const char* k_pods_slice = "kubepods.slice";  // of the kubelet, which leaves it
constexpr std::array<std::string_view, 11> k_device_names = {"cni0",         "flannel.1",    "flannel-v6.1", "kube-ipvs0",
                                                             "kube-bridge",  "weave",        "cilium_host",  "cilium_net",
                                                             "cilium_vxlan", "vxlan.calico", "nodelocaldns"};
constexpr std::size_t k_devices_limit = std::size_t{16} << 20;
constexpr std::size_t k_mounts_limit = std::size_t{16} << 20;
constexpr std::size_t k_rules_limit = std::size_t{64} << 20;

bool has(const std::vector<JsonValue>& texts, std::string_view text) {
  return std::any_of(texts.begin(), texts.end(), [&](const JsonValue& item) { return item.as_string() == text; });
}

bool was_there(const JsonValue& before, std::string_view path) { return find_at(before, {"places", path}) != nullptr; }

// Mount points' blanks are written as octal.
std::string unescaped(std::string_view text) {
  std::string plain(text);
  for (std::size_t at = plain.find("\\040"); at != plain.npos; at = plain.find("\\040", at)) plain.replace(at, 4, " ");
  return plain;
}

void unmount_volumes(const ActionScope& scope) {
  const std::string mounts = scope.host().read_file("/proc/self/mounts", k_mounts_limit).value_or("");
  for (const std::string& point : mounts_below(mounts, "/var/lib/kubelet"))
    run_or_throw({.argv = {std::string(tools::k_umount), point}, .time_limit = 60}, scope);
}

// A line each: "  eth0: 1 2 ...", below two of titles.
std::vector<std::string> network_devices(HostSystem& host) {
  std::vector<std::string> names;
  const std::string text = host.read_file(k_devices, k_devices_limit).value_or("");
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != line.npos) names.emplace_back(trim(line.substr(0, colon)));
  }
  return names;
}

void delete_devices(const JsonValue& before, const ActionScope& scope) {
  const std::vector<std::string> there = network_devices(scope.host());
  for (const std::string_view name : k_device_names) {
    if (has(items_at(before, {"devices"}), name) || std::find(there.begin(), there.end(), name) == there.end()) continue;
    run_or_throw({.argv = {std::string(tools::k_ip), "link", "delete", std::string(name)}, .time_limit = 30}, scope);
  }
}

// All tables in one piece, which the kernel takes as a whole or not at all.
void delete_rules(const std::string& family, const ActionScope& scope) {
  const std::string save = cat("/usr/sbin/", family, "-save");
  const std::string restore = cat("/usr/sbin/", family, "-restore");
  if (!scope.host().exists(save) || !scope.host().exists(restore)) return;
  const ToolResult saved = scope.host().run({.argv = {save}, .time_limit = 60, .output_limit = k_rules_limit});
  if (saved.exit_code != 0) return;  // a kernel without this family
  const std::string rest = without_cluster_rules(saved.output);
  if (rest == saved.output) return;
  run_or_throw({.argv = {restore}, .input = rest, .time_limit = 60}, scope);
}

// Whole when it came with the cluster; else what came into it. A folder that was there may be a mount point.
void restore_place(const std::string& path, const JsonValue& before, HostSystem& host) {
  if (!was_there(before, path)) return host.remove_tree(path);
  const std::vector<JsonValue>& former = items_at(before, {"places", path});
  for (const std::string& name : host.list(path)) {
    if (!has(former, name)) host.remove_tree(path_join(path, name));
  }
}

bool remove_if_only_folders(const std::string& path, HostSystem& host) {
  const auto found = host.status(path);
  if (!found || found->type != FileStatus::Type::directory) return !found;
  bool empty = true;
  for (const std::string& name : host.list(path)) empty = remove_if_only_folders(path_join(path, name), host) && empty;
  if (empty) host.remove(path);
  return empty;
}

void remove_configuration(const JsonValue& before, HostSystem& host) {
  const std::string folder(k_configuration);
  for (const std::string_view name : k_configuration_names) {
    if (!has(items_at(before, {"places", folder}), name)) host.remove_tree(path_join(folder, name));
  }
  const auto found = host.status(folder);
  const bool empty = found && found->type == FileStatus::Type::directory && host.list(folder).empty();
  if (empty && !was_there(before, folder)) host.remove(folder);
}

void remove_files(const JsonValue& before, const std::vector<std::string>& clean, HostSystem& host) {
  remove_configuration(before, host);
  for (const std::string_view folder : k_folders) restore_place(std::string(folder), before, host);
  for (const std::string& path : clean) restore_place(path, before, host);
  for (const std::string_view folder : k_made_folders) {
    if (!was_there(before, folder)) remove_if_only_folders(std::string(folder), host);
  }
  host.remove_tree(k_tools_home);
  host.sync_filesystem("/etc");
  host.sync_filesystem("/usr");
  host.sync_filesystem("/var/lib");
}

bool is_cluster_name(std::string_view word) {
  constexpr std::array<std::string_view, 8> k_prefixes = {"KUBE-",   "CNI-",        "FLANNEL-", "WEAVE-",
                                                          "CILIUM_", "OLD_CILIUM_", "cali-",    "felix-"};
  return std::any_of(k_prefixes.begin(), k_prefixes.end(), [&](std::string_view prefix) { return word.starts_with(prefix); });
}

// Chains stand in a declaration (":KUBE-SERVICES - [0:0]"), after -A, and after -j or -g.
bool names_cluster_chain(std::string_view line) {
  if (line.starts_with(':')) return is_cluster_name(line.substr(1));
  std::string_view former;
  for (const std::string_view word : split(line, ' ')) {
    if ((former == "-A" || former == "-j" || former == "-g") && is_cluster_name(word)) return true;
    former = word;
  }
  return false;
}

}  // namespace

std::string without_cluster_rules(std::string_view saved) {
  std::string rest;
  for (const std::string_view line : split(saved, '\n')) {
    if (!line.empty() && !names_cluster_chain(line)) rest += cat(line, "\n");
  }
  return rest;
}

std::vector<std::string> mounts_below(std::string_view mounts, std::string_view directory) {
  std::vector<std::string> points;
  for (const std::string_view line : split(mounts, '\n')) {
    const std::vector<std::string_view> words = split(line, ' ');
    if (words.size() > 1 && words[1].starts_with(cat(directory, "/"))) points.push_back(unescaped(words[1]));
  }
  std::reverse(points.begin(), points.end());  // later ones may lie in earlier ones
  return points;
}

JsonValue note_before_cluster(const std::vector<std::string>& clean, HostSystem& host) {
  JsonValue places = JsonValue::object();
  std::vector<std::string> paths(k_folders.begin(), k_folders.end());
  paths.emplace_back(k_configuration);
  paths.insert(paths.end(), k_made_folders.begin(), k_made_folders.end());
  paths.insert(paths.end(), clean.begin(), clean.end());
  for (const std::string& path : paths) {
    if (host.exists(path)) places.set(path, JsonValue::string_array(host.list(path)));
  }
  return JsonValue::object({{"places", places}, {"devices", JsonValue::string_array(network_devices(host))}});
}

void remove_cluster_remains(const JsonValue& before, const std::vector<std::string>& clean, const ActionScope& scope) {
  unmount_volumes(scope);
  scope.host().run({.argv = {std::string(tools::k_systemctl), "stop", k_pods_slice}, .time_limit = 120});  // where there is none, it says so
  remove_files(before, clean, scope.host());
  delete_devices(before, scope);
  for (const char* family : {"iptables", "ip6tables"}) delete_rules(family, scope);
}

}  // namespace rootcellar
