// Every key the profile reader knows: docs/profile.md is compared with it.
#pragma once

#include <string>
#include <vector>

namespace rootcellar {

/// "product", "packages.install.version", ..., sorted. Asked of the reader itself.
std::vector<std::string> known_profile_keys();

}  // namespace rootcellar
