// The files a profile is made of: itself and the stacks it includes, before variables, merging and meaning.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/yaml.h"

namespace rootcellar {

/// One file. `body` is the whole map without the keys that say how files are put together.
struct ProfileDocument {
  YamlNode body;
  YamlNode variables;  ///< a map, or null
  YamlNode variants;   ///< a map of maps, or null
};

/// Reads `path` and what it includes, by itself and for the variant, each file once, in merge order: a file comes after what it includes,
/// `path` itself last. A cycle, a stack that is not there, another format version: faults. Malformed YAML: InputError.
std::vector<ProfileDocument> read_documents(const std::string& path, const std::string& variant, YamlFaults& faults);

/// `path` without ".", ".." and double slashes where that is a matter of spelling.
std::string normal_path(const std::string& path);
/// `path` as seen from `folder`; both relative to the same folder, or both absolute.
std::string relative_to(const std::string& path, const std::string& folder);

}  // namespace rootcellar
