// What time it is, by the word of whoever stands before the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bundle/base/cli.h"

namespace rootcellar {

struct ClockOption {
  std::optional<std::string> time;
  /// UTC seconds. UsageError: no such time.
  std::optional<std::int64_t> seconds() const;
};
/// REQUIRES: `option` outlives the parsing.
cli::Option clock_option(ClockOption& option);

}  // namespace rootcellar
