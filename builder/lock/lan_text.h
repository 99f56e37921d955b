// The part of a lock that is about the site's network.
#pragma once

#include "bundle/base/yaml.h"
#include "bundle/lan.h"

namespace rootcellar {

/// The key "lan" and its map. REQUIRES: the section is enabled.
void write_lan(YamlWriter& out, const LanSection& lan);
LanSection read_locked_lan(const YamlNode& node, YamlFaults& faults);

}  // namespace rootcellar
