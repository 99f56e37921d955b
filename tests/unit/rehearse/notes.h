// A Progress for tests of what is told while something is taken away.
#pragma once

#include <string>

#include "bundle/base/progress.h"
#include "bundle/base/text.h"

namespace rootcellar::test {

/// What a person would have read.
class Notes final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, bool) noexcept override {}
  void advance(std::uint64_t) noexcept override {}
  void end() noexcept override {}
  void note(std::string_view line) noexcept override { said += cat(line, "\n"); }
  void warn(std::string_view line) noexcept override { said += cat("warning: ", line, "\n"); }
  void event(std::string_view, const JsonValue&) noexcept override {}

  std::string said;
};

}  // namespace rootcellar::test
