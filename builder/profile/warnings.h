// What is allowed in a profile and still likely to hurt: told by lint.
#pragma once

#include <string>
#include <vector>

#include "builder/profile/profile.h"
#include "builder/profile/variables.h"

namespace rootcellar {

/// Lines "FILE:LINE:COLUMN: what may hurt; what to do".
std::vector<std::string> profile_warnings(const Profile& profile, const YamlNode& root, const Variables& variables);

}  // namespace rootcellar
