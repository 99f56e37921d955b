// The appliance's proofs, run at the end of an installation and again by `status`.
#pragma once

#include <optional>
#include <string>

#include "bundle/appliance.h"
#include "installer/host/host_system.h"

namespace rootcellar {

/// Nothing when the check passes; otherwise what was expected and what was found. `log`: where tools' output goes; may be empty.
std::optional<std::string> check_fault(const Check& check, HostSystem& host, const std::string& log);

}  // namespace rootcellar
