// A recipe as it stands in a lock: complete, so that `build` can make the layer again.
#pragma once

#include "builder/profile/profile.h"
#include "bundle/base/yaml.h"

namespace rootcellar {

void write_recipe(YamlWriter& out, const Recipe& recipe);
Recipe read_locked_recipe(const YamlNode& node, YamlFaults& faults);

/// Four octal digits, "0644".
std::string mode_text(std::uint32_t mode);
std::uint32_t read_locked_mode(YamlMap& map);
/// The digest under `key` ("sha256:HEX"); a fault and zeros when it is none.
Digest read_locked_digest(YamlMap& map, std::string_view key);

}  // namespace rootcellar
