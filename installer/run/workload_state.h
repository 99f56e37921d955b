// Whether a workload is where it should be, read from its object as the API server has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/json.h"

namespace rootcellar {

struct WorkloadState {
  bool ready = false;
  bool failed = false;  ///< it will not become ready by waiting
  bool absent = false;
  std::string text;  ///< "1 of 3 pods are ready": what was found
};

/// Deployment, StatefulSet, DaemonSet, Job, PersistentVolumeClaim; other kinds are ready when they exist.
WorkloadState workload_state(const JsonValue& object);
/// A claim that is not bound before a pod uses it (storageclass's volumeBindingMode WaitForFirstConsumer) is nothing to wait for.
bool waits_for_consumer(const JsonValue& storage_class);

/// What a manifest has that can be waited for.
struct WorkloadName {
  std::string kind;  ///< "Deployment"
  std::string name;
  std::string space;  ///< empty: the release's
  bool operator==(const WorkloadName&) const = default;
};
/// The workloads of a manifest as helm prints it: documents in block style between "---" lines.
std::vector<WorkloadName> workloads_of(std::string_view manifest);

}  // namespace rootcellar
