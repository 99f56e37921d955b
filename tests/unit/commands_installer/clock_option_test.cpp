// --time: the minute, in UTC, or nothing.
#include "installer/commands/clock_option.h"

#include <gtest/gtest.h>

#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

TEST(ClockOption, IsATimeInUtc) {
  EXPECT_EQ(ClockOption{}.seconds(), std::nullopt);
  EXPECT_EQ(ClockOption{"1970-01-02T00:01Z"}.seconds(), 86460);
  EXPECT_EQ(ClockOption{"1970-01-02T00:01:05Z"}.seconds(), 86465);
}

TEST(ClockOption, RefusesWhatIsNone) {
  for (const char* text : {"2026-11-25", "14:05", "2026-11-25T14:05", "2026-11-25 14:05Z", "2026-02-30T14:05Z", "2026-11-25T24:05Z", ""}) {
    EXPECT_EQ(error_text([&] { ClockOption{text}.seconds(); }),
              std::string("error: --time '") + text + "': expected a time in UTC like 2026-11-25T14:05Z\n");
  }
}

}  // namespace
}  // namespace rootcellar
