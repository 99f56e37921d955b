// Exports and data as they stand in a lock.
#pragma once

#include "builder/lock/lock.h"
#include "bundle/base/yaml.h"

namespace rootcellar {

/// The key "data" and its list. REQUIRES: not empty.
void write_data(YamlWriter& out, const std::vector<LockedData>& data);
/// The key "nfs" and its map. REQUIRES: the section is enabled.
void write_nfs(YamlWriter& out, const NfsSection& nfs);
LockedData read_locked_data(const YamlNode& node, YamlFaults& faults);
NfsSection read_locked_nfs(const YamlNode& node, YamlFaults& faults);

}  // namespace rootcellar
