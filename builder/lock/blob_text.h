// A pinned blob as it stands in a lock.
#pragma once

#include <string>
#include <string_view>

#include "builder/lock/lock.h"
#include "bundle/base/yaml.h"

namespace rootcellar {

/// archive, digest, media_type, path, size, url: what is empty is left out. Written into the map that is open.
void write_blob(YamlWriter& out, const LockedBlob& blob);
void write_blob_map(YamlWriter& out, std::string_view key, const LockedBlob& blob);

LockedBlob read_locked_blob(const YamlNode& node, YamlFaults& faults);
/// The map under "blob".
LockedBlob require_locked_blob(YamlMap& map);
/// "path" as a path of the bundle: it becomes a file's place on the other side.
std::string read_bundle_path(YamlMap& map);

}  // namespace rootcellar
