// A listener for tests of what a step warns of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/progress.h"

namespace rootcellar::test {

/// Keeps what it is warned of.
class Warned final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, bool) noexcept override {}
  void advance(std::uint64_t) noexcept override {}
  void end() noexcept override {}
  void note(std::string_view) noexcept override {}
  void event(std::string_view, const JsonValue&) noexcept override {}
  void warn(std::string_view text) noexcept override { warnings.emplace_back(text); }
  std::vector<std::string> warnings;
};

}  // namespace rootcellar::test
