#include "installer/run/cluster_leave.h"

#include <map>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "installer/run/cluster_api.h"
#include "installer/run/deployed_record.h"
#include "installer/run/json_at.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_drain_limit = 180;  // seconds; pods get 30 to end well, and some more
constexpr std::uint64_t k_limit = 30;
constexpr std::int64_t k_pods_limit = 120;
constexpr std::size_t k_key_limit = std::size_t{1} << 20;
// Beside kubeadm's configuration: gone with the next boot in any case.
constexpr const char* k_kept_key = "/run/rootcellar-join/leaving.conf";

bool went_well(const ClusterApi& api, std::vector<std::string> arguments, std::uint64_t limit) {
  const ToolResult result = api.run(std::move(arguments), limit);
  return result.exit_code == 0 && !result.timed_out;
}

/// Pods of this node by namespace, without those that every node has: they would come again.
std::map<std::string, std::vector<std::string>> movable_pods(const ClusterApi& api, const std::string& node) {
  std::map<std::string, std::vector<std::string>> pods;
  const JsonValue list = api.get_json({"pods", "--all-namespaces", "--field-selector", cat("spec.nodeName=", node)}).value_or(JsonValue());
  for (const JsonValue& pod : items_at(list, {"items"})) {
    const std::vector<JsonValue>& owners = items_at(pod, {"metadata", "ownerReferences"});
    const std::string owner = owners.empty() ? std::string() : text_at(owners.front(), {"kind"});
    const std::string phase = text_at(pod, {"status", "phase"});
    if (owner == "DaemonSet" || owner == "Node" || phase == "Succeeded" || phase == "Failed") continue;
    pods[text_at(pod, {"metadata", "namespace"})].push_back(text_at(pod, {"metadata", "name"}));
  }
  return pods;
}

/// With the node's own key, which may delete its own pods and not evict as 'kubectl drain' would: that asks about DaemonSets.
bool end_own_pods(const ClusterApi& api, const std::string& node) {
  HostSystem& host = api.scope().host();
  for (auto [space, names] : movable_pods(api, node)) {
    std::vector<std::string> arguments = {"delete", "pods"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    arguments.insert(arguments.end(), {"--namespace", space, "--wait=false", "--request-timeout=10s"});
    if (!went_well(api, std::move(arguments), k_limit)) return false;
  }
  for (const std::int64_t end = host.ticks() + k_pods_limit; !movable_pods(api, node).empty();) {
    poll_interrupt();
    if (host.ticks() >= end) return false;
    host.sleep(2000);
  }
  return true;
}

/// No pod comes any more, and those that are here end well.
bool clear_worker(const ClusterApi& api, const std::string& node) {
  try {
    return went_well(api, {"cordon", node, "--request-timeout=10s"}, k_limit) && end_own_pods(api, node);
  } catch (const SystemError&) {
    return false;  // said by the caller
  }
}

bool drain(const ClusterApi& api, const std::string& node) {
  return went_well(api,
                   {"drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", cat("--timeout=", k_drain_limit - 20, "s")},
                   k_drain_limit);
}

}  // namespace

std::string removal_command(const std::string& node) { return cat("kubectl delete node ", node); }

/// `kubeadm reset` removes the key, and the node goes last.
void ClusterLeave::keep_key() const {
  const auto key = scope_.host().read_file(k_admin_kubeconfig, k_key_limit);
  if (key) write_private_file(k_kept_key, *key, scope_);
}

void ClusterLeave::before_reset() const {
  if (node_.empty()) return;
  const bool administers = scope_.host().exists(k_admin_kubeconfig);
  if (administers) keep_key();
  const ClusterApi api(scope_, administers ? k_admin_kubeconfig : k_kubelet_kubeconfig);
  if (!api.answers()) return;
  if (administers ? drain(api, node_) : clear_worker(api, node_)) return;
  scope_.context.progress.warn(cat("not all pods left '", node_, "' in time: they end with it"));
}

void ClusterLeave::after_reset() const {
  if (node_.empty()) return;
  const bool has_key = scope_.host().exists(k_kept_key);
  const ClusterApi api(scope_, k_kept_key);
  const bool deleted =
      has_key && api.answers() && went_well(api, {"delete", "node", node_, "--ignore-not-found", "--request-timeout=10s"}, k_limit);
  if (has_key) remove_private_file(k_kept_key, scope_);
  if (!deleted)
    scope_.context.progress.warn(cat("the cluster may still list this machine: run on its first node '", removal_command(node_), "'"));
}

}  // namespace rootcellar
