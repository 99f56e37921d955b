// A chart's values, written in a profile as YAML, as the text that helm reads.
#pragma once

#include <string>

#include "bundle/base/yaml.h"

namespace rootcellar {

/// `node` in block style. What is written without quotes and could be a number or a truth stays so, for helm to take as it does; every
/// other scalar is quoted.
std::string values_text(const YamlNode& node);

/// `text` for the site to fill in (bundle/site_template.h): a "${" that is no place to fill in was "$${" in the profile, and is so again.
std::string site_text(std::string_view text);

}  // namespace rootcellar
