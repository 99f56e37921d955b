#include "installer/run/node_pods.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_diagnosis.h"
#include "installer/run/json_at.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_steady = 5, k_steady_after_a_crash = 20, k_short_life = 60;  // seconds

std::string owner_kind(const JsonValue& pod) {
  const auto& owners = items_at(pod, {"metadata", "ownerReferences"});
  return owners.empty() ? std::string() : text_at(owners.front(), {"kind"});
}

/// A container that lived long ended by a boot, or once in a while.
bool has_crashed(const JsonValue& pod) {
  const auto& containers = items_at(pod, {"status", "containerStatuses"});
  return std::any_of(containers.begin(), containers.end(), [](const JsonValue& container) {
    const auto from = parse_time(text_at(container, {"lastState", "terminated", "startedAt"}));
    const auto to = parse_time(text_at(container, {"lastState", "terminated", "finishedAt"}));
    return from && to && *to - *from < k_short_life;
  });
}

/// When it became ready, by the kubelet's clock, which is this machine's; empty: it is not.
std::string ready_since(const JsonValue& pod) {
  for (const JsonValue& condition : items_at(pod, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == "Ready" && text_at(condition, {"status"}) == "True")
      return text_at(condition, {"lastTransitionTime"});
  }
  return {};
}

/// A clock that was set since says nothing of how long it is.
bool is_steady(const JsonValue& pod, std::int64_t now) {
  const std::int64_t age = now - parse_time(ready_since(pod)).value_or(0);
  return age < 0 || age >= (has_crashed(pod) ? k_steady_after_a_crash : k_steady);
}

JsonValue pods_on(const ClusterApi& api, const std::string& node) {
  return api.get_json({"pods", "--all-namespaces", "--field-selector", cat("spec.nodeName=", node)}).value_or(JsonValue());
}

/// "containerd://ID" of the container that runs or ended last.
std::string container_id(const std::vector<JsonValue>& pods, const std::string& pod, const std::string& container) {
  for (const JsonValue& candidate : pods) {
    if (text_at(candidate, {"metadata", "name"}) != pod) continue;
    for (const JsonValue& status : items_at(candidate, {"status", "containerStatuses"})) {
      if (text_at(status, {"name"}) == container) return text_at(status, {"containerID"});
    }
  }
  return {};
}

/// Asked of the runtime: a node's own key reads no logs of the cluster.
std::string last_line_of(HostSystem& host, const std::string& id) {
  const std::size_t slashes = id.find("://");
  if (slashes == id.npos) return {};
  const std::string tool(id.starts_with("docker:") ? tools::k_docker : tools::k_crictl);
  if (!host.exists(tool)) return {};
  const ToolResult result = host.run({.argv = {tool, "logs", "--tail=5", id.substr(slashes + 3)}, .time_limit = 20});
  return result.exit_code == 0 ? last_line(cat(result.output, "\n", result.error_output)) : std::string();
}

}  // namespace

std::vector<JsonValue> own_pods(const JsonValue& pods) {
  std::vector<JsonValue> own;
  for (const JsonValue& pod : items_at(pods, {"items"})) {
    const std::string owner = owner_kind(pod);
    const bool leaves = !text_at(pod, {"metadata", "deletionTimestamp"}).empty();
    if ((owner == "DaemonSet" || owner == "Node") && !leaves) own.push_back(pod);
  }
  return own;
}

WorkloadState own_pods_state(const std::vector<JsonValue>& own, std::int64_t now) {
  const auto of_sets = std::count_if(own.begin(), own.end(), [](const JsonValue& pod) { return owner_kind(pod) == "DaemonSet"; });
  if (of_sets == 0) return {.text = "no pod of a DaemonSet is there"};  // kubeadm brings kube-proxy to every node
  const auto ready = std::count_if(own.begin(), own.end(), [](const JsonValue& pod) { return !ready_since(pod).empty(); });
  const bool all = static_cast<std::size_t>(ready) == own.size();
  WorkloadState state{.ready = all, .text = cat(ready, " of ", own.size(), " are ready")};
  for (const JsonValue& pod : own) {
    if (!all || is_steady(pod, now)) continue;
    state.ready = false;
    state.text += cat(", ", text_at(pod, {"metadata", "name"}), has_crashed(pod) ? " not long enough after a crash" : " not long enough");
    break;
  }
  return state;
}

WorkloadState node_pods_state(const ClusterApi& api, const std::string& node) {
  return own_pods_state(own_pods(pods_on(api, node)), api.scope().host().now());
}

std::vector<std::string> faults_of_node_pods(const ClusterApi& api, const std::string& node) {
  try {
    const std::vector<JsonValue> own = own_pods(pods_on(api, node));
    JsonValue list = JsonValue::array();
    for (const JsonValue& pod : own) list.push(pod);
    const bool administers = api.kubeconfig() == k_admin_kubeconfig;
    const JsonValue events = administers ? api.get_json({"events", "--all-namespaces"}).value_or(JsonValue()) : JsonValue();
    return diagnose(JsonValue::object({{"items", list}}), events, [&](const std::string& pod, const std::string& container) {
      return last_line_of(api.scope().host(), container_id(own, pod, container));
    });
  } catch (const Error&) {
    return {};  // the wait's own words say that nobody answers
  }
}

}  // namespace rootcellar
