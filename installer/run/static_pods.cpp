#include "installer/run/static_pods.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::uint64_t k_patience = 300;     // seconds
constexpr std::uint64_t k_stop_limit = 120;   // seconds: a scope of ours ends after 30
constexpr int k_looks = 60;                   // of a second each
constexpr std::size_t k_name_in_kernel = 15;  // TASK_COMM_LEN - 1

bool is_number(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string read(const std::string& process, const char* file, HostSystem& host) {
  try {
    return host.read_file(path_join(path_join("/proc", process), file), k_limit).value_or("");
  } catch (const SystemError&) {
    return {};  // it ended meanwhile
  }
}

/// Whoever runs an etcd or an API server of their own in a pod keeps its files elsewhere.
bool is_of_control_plane(const std::string& process, const std::string& program, HostSystem& host) {
  return trim(read(process, "comm", host)) == program.substr(0, k_name_in_kernel) &&
         read(process, "cmdline", host).find("/etc/kubernetes/") != std::string::npos;
}

/// cgroups(7): "9:name=systemd:/kubepods.slice/.../cri-containerd-ID.scope".
std::string scope_in(const std::string& cgroups) {
  for (const std::string_view line : split(cgroups, '\n')) {
    const std::string_view last = line.substr(line.rfind('/') + 1);
    if (line.find("kubepods") != line.npos && last.ends_with(".scope")) return std::string(last);
  }
  return {};
}

ToolCall systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(tools::k_systemctl));
  return {.argv = std::move(arguments), .time_limit = k_stop_limit};
}

std::vector<std::string> scopes_of_all(const std::vector<std::string>& programs, HostSystem& host) {
  std::vector<std::string> scopes;
  for (const std::string& program : programs) {
    for (std::string& name : static_pod_scopes(program, host)) scopes.push_back(std::move(name));
  }
  return scopes;
}

bool any_left(const std::vector<std::string>& stopped, const std::vector<std::string>& programs, HostSystem& host) {
  const std::vector<std::string> now = scopes_of_all(programs, host);
  return std::any_of(now.begin(), now.end(),
                     [&](const std::string& name) { return std::find(stopped.begin(), stopped.end(), name) != stopped.end(); });
}

}  // namespace

std::vector<std::string> static_pod_scopes(const std::string& program, HostSystem& host) {
  std::vector<std::string> scopes;
  for (const std::string& name : host.list("/proc")) {
    if (!is_number(name) || !is_of_control_plane(name, program, host)) continue;
    std::string scope = scope_in(read(name, "cgroup", host));
    if (!scope.empty()) scopes.push_back(std::move(scope));
  }
  return scopes;
}

void stop_static_pods(const std::vector<std::string>& programs, const ActionScope& scope) {
  const std::vector<std::string> scopes = scopes_of_all(programs, scope.host());
  for (const std::string& name : scopes) run_logged(systemctl({"stop", name}), scope);
  for (int look = 0; any_left(scopes, programs, scope.host()); ++look) {
    if (look == k_looks) throw SystemError(cat("cannot stop ", join(programs, ", "), ": the processes are still there"));
    scope.host().sleep(1000);
  }
}

void stop_kubelet(const ActionScope& scope) { run_or_throw(systemctl({"stop", "kubelet.service"}), scope); }

void start_kubelet(const ActionScope& scope) { run_or_throw(systemctl({"start", "kubelet.service"}), scope); }

void wait_for_api_server(const ActionScope& scope) {
  const ClusterApi api(scope, k_admin_kubeconfig);
  watch_until_ready({"the API server", "", k_patience}, api, [&]() -> WorkloadState {
    if (api.answers()) return {.ready = true};
    return {.text = "it does not answer"};
  });
}

}  // namespace rootcellar
