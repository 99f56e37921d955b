// Waiting for a cluster: polled, interruptible, with what stands in the way told early and at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "installer/run/cluster_api.h"
#include "installer/run/workload_state.h"

namespace rootcellar {

/// What stands in the way in one namespace ("" is "default"), one sentence each; empty when nothing is seen or nobody answers.
std::vector<std::string> stands_in_the_way(const ClusterApi& api, const std::string& space);

/// What a wait is about, for its messages.
struct WatchedThing {
  std::string name;                ///< "deployment/web": "cannot wait for 'deployment/web'..."
  std::string space;               ///< namespace
  std::uint64_t time_limit = 600;  ///< seconds; 0: looked at once
  std::function<std::vector<std::string>()> faults{};  ///< what stands in its way; empty: what does in its namespace
  std::string look_closer{};                           ///< arguments of kubectl; empty: those that list its namespace
};

/// Looks until ready: again after a quarter of a second, then ever less often, down to every two seconds. Failed, or not ready in time: a
/// SystemError with the state found and the first thing in the way; the others are warnings. While waiting, each new first thing in the way
/// is a warning, so that nobody waits for a quarter of an hour unaware.
void watch_until_ready(const WatchedThing& thing, const ClusterApi& api, const std::function<WorkloadState()>& look);

/// The state of one object by "KIND/NAME".
WorkloadState object_state(const ClusterApi& api, const std::string& target, const std::string& space);

}  // namespace rootcellar
