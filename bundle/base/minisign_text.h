// The lines minisign's files are made of: a comment, a base64 line, nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar::minisign {

inline constexpr std::size_t k_max_file = 8192;  // comments included; minisign's own are below 2 KiB
inline constexpr std::string_view k_untrusted = "untrusted comment: ";
inline constexpr std::string_view k_trusted = "trusted comment: ";

[[noreturn]] inline void refuse(std::string_view what, std::string_view reason) { throw InputError(cat(what, ": ", reason)); }

/// The lines, without line ends of either kind; one final line end may be missing.
inline std::vector<std::string_view> lines(std::string_view text, std::string_view what) {
  if (text.size() > k_max_file) refuse(what, cat("larger than the limit of ", human_size(k_max_file)));
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::string_view> result = split(text, '\n');
  for (std::string_view& line : result) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return result;
}

inline std::vector<std::uint8_t> decode(std::string_view line, std::size_t size, std::string_view what, std::string_view kind) {
  auto bytes = base64_decode(line);
  // What stands there instead is not shown: it may be a secret given for the wrong option.
  if (!bytes || bytes->size() != size) refuse(what, cat("expected ", kind, " (", size, " bytes in base64)"));
  return *std::move(bytes);
}

}  // namespace rootcellar::minisign
