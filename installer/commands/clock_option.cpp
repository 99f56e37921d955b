#include "installer/commands/clock_option.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {

std::optional<std::int64_t> ClockOption::seconds() const {
  if (!time) return std::nullopt;
  // The minute is as much as people say.
  const bool minute = time->size() == 17 && time->ends_with('Z');
  const auto parsed = parse_time(minute ? cat(time->substr(0, 16), ":00Z") : *time);
  if (!parsed) throw UsageError(cat("--time '", *time, "': expected a time in UTC like 2026-11-25T14:05Z"));
  return parsed;
}

cli::Option clock_option(ClockOption& option) {
  return {.names = "--time",
          .value = "TIME",
          .help = "what time it is, in UTC, like 2026-11-25T14:05Z: a clock that says otherwise is set to it first",
          .optional_text = &option.time};
}

}  // namespace rootcellar
