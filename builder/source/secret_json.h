// JSON that holds passwords or tokens: a fault in it is told without showing any of it.
#pragma once

#include <string_view>

#include "bundle/base/json.h"

namespace rootcellar {

/// As parse_json(), but an InputError says only where the fault is.
JsonValue parse_secret_json(std::string_view text, std::string_view file, JsonLimits limits);

}  // namespace rootcellar
