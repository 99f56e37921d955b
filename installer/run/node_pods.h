// Whether the pods that belong to one node itself are up: its share of every DaemonSet, and what its kubelet runs of files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "installer/run/cluster_api.h"
#include "installer/run/workload_state.h"

namespace rootcellar {

/// Of `pods`, all those on one node, its own; without those that are being replaced.
std::vector<JsonValue> own_pods(const JsonValue& pods);
/// Ready, and not only for the moment between two crashes: since 5 s, and since 20 s where a container ended soon after its start.
WorkloadState own_pods_state(const std::vector<JsonValue>& own, std::int64_t now);

/// The same of a node by its name. A node's own key is enough to ask.
WorkloadState node_pods_state(const ClusterApi& api, const std::string& node);
/// What stands in their way, one sentence each; empty when nothing is seen or nobody answers.
std::vector<std::string> faults_of_node_pods(const ClusterApi& api, const std::string& node);

}  // namespace rootcellar
