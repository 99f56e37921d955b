#include "bundle/base/rel_path.h"

#include <algorithm>
#include <cassert>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_max_path = 4096;      // PATH_MAX
constexpr std::size_t k_max_component = 255;  // NAME_MAX

bool is_bad_character(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < 0x20 || byte == 0x7F || letter == '\\';
}

bool is_good_component(std::string_view component) {
  if (component.empty() || component.size() > k_max_component || component == "." || component == "..") return false;
  return std::none_of(component.begin(), component.end(), is_bad_character);
}

}  // namespace

std::optional<RelPath> RelPath::parse(std::string_view text) {
  if (text.size() > k_max_path) return std::nullopt;
  const auto components = split(text, '/');
  if (!std::all_of(components.begin(), components.end(), is_good_component)) return std::nullopt;
  return RelPath(std::string(text));
}

RelPath RelPath::require(std::string_view text, std::string_view what) {
  std::optional<RelPath> path = parse(text);
  if (!path) throw InputError(cat(what, ": expected a relative path without '.' and '..', found '", printable(text), "'"));
  return *std::move(path);
}

std::string_view RelPath::name() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view(text_) : std::string_view(text_).substr(slash + 1);
}

RelPath RelPath::operator/(std::string_view name) const {
  std::optional<RelPath> joined = parse(cat(text_, "/", name));
  assert(joined && "the appended name is not a relative path");
  return joined ? *std::move(joined) : require(cat(text_, "/", name), "path");
}

}  // namespace rootcellar
