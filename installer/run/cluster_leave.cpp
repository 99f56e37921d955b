#include "installer/run/cluster_leave.h"

#include "bundle/base/error.h"
#include "installer/run/cluster_api.h"
#include "installer/run/deployed_record.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_drain_limit = 180;  // seconds; pods get 30 to end well, and some more
constexpr std::uint64_t k_limit = 30;
constexpr std::size_t k_key_limit = std::size_t{1} << 20;
// Beside kubeadm's configuration: gone with the next boot in any case.
constexpr const char* k_kept_key = "/run/rootcellar-join/leaving.conf";

bool went_well(const ClusterApi& api, std::vector<std::string> arguments, std::uint64_t limit) {
  const ToolResult result = api.run(std::move(arguments), limit);
  return result.exit_code == 0 && !result.timed_out;
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
  if (scope_.host().exists(k_admin_kubeconfig)) {
    keep_key();
    const ClusterApi api(scope_, k_admin_kubeconfig);
    if (!api.answers()) return;
    const std::vector<std::string> drain = {"drain",   node_, "--ignore-daemonsets", "--delete-emptydir-data",
                                            "--force", cat("--timeout=", k_drain_limit - 20, "s")};
    if (!went_well(api, drain, k_drain_limit))
      scope_.context.progress.warn(cat("not all pods could be moved away from '", node_, "': they end with it"));
    return;
  }
  const ClusterApi api(scope_, k_kubelet_kubeconfig);
  if (api.answers()) went_well(api, {"cordon", node_, "--request-timeout=10s"}, k_limit);
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
