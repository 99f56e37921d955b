#include "installer/host/accounts.h"

#include <limits>
#include <vector>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::optional<unsigned> as_id(std::string_view digits) {
  const auto number = parse_u64(digits);
  // The last value means "no change" to chown(2).
  if (!number || *number >= std::numeric_limits<unsigned>::max()) return std::nullopt;
  return static_cast<unsigned>(*number);
}

}  // namespace

std::optional<unsigned> account_id(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() >= 3 && fields[0] == name) return as_id(fields[2]);
  }
  return as_id(name);
}

}  // namespace rootcellar
