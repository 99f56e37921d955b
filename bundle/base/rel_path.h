// A relative path that cannot leave the directory it is used in.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

/// Guarantees: not empty, no leading or trailing '/', no empty, "." or ".." component, no NUL, no control characters, no backslash,
/// each component <= 255 bytes, the whole <= 4096 bytes. Checked once, at birth.
class RelPath {
 public:
  static std::optional<RelPath> parse(std::string_view text);
  /// As parse(); a bad path is an InputError that names `what`.
  static RelPath require(std::string_view text, std::string_view what);

  const std::string& str() const { return text_; }
  std::string_view name() const;                   ///< last component
  RelPath operator/(std::string_view name) const;  ///< REQUIRES: `name` itself parses
  auto operator<=>(const RelPath&) const = default;

 private:
  explicit RelPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace rootcellar
