// The cluster's section as it stands in a lock: complete, with the pinned manifests and charts.
#pragma once

#include <vector>

#include "builder/lock/lock.h"
#include "bundle/base/yaml.h"

namespace rootcellar {

/// Writes the key "cluster" and its map. REQUIRES: the section is enabled.
void write_cluster(YamlWriter& out, const ClusterSection& cluster, const std::vector<LockedDeployed>& deployed);
/// Fills in lock.cluster and lock.deployed.
void read_locked_cluster(const YamlNode& node, YamlFaults& faults, Lock& lock);

}  // namespace rootcellar
