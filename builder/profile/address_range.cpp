#include "builder/profile/address_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

bool bit(const AddressRange& range, unsigned at) { return ((range.bytes[at / 8] >> (7 - at % 8)) & 1) != 0; }

}  // namespace

std::optional<AddressRange> parse_address_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string address(text.substr(0, slash));
  AddressRange range{.is_v6 = address.find(':') != std::string::npos};
  const unsigned width = range.is_v6 ? 128 : 32;
  const auto prefix = parse_u64(text.substr(slash + 1));
  if (!prefix || *prefix > width) return std::nullopt;
  if (inet_pton(range.is_v6 ? AF_INET6 : AF_INET, address.c_str(), range.bytes.data()) != 1) return std::nullopt;
  range.prefix = static_cast<unsigned>(*prefix);
  for (unsigned at = range.prefix; at < width; ++at) {
    if (bit(range, at)) return std::nullopt;
  }
  return range;
}

bool ranges_overlap(const AddressRange& a, const AddressRange& b) {
  if (a.is_v6 != b.is_v6) return false;
  const unsigned shared = std::min(a.prefix, b.prefix);
  for (unsigned at = 0; at < shared; ++at) {
    if (bit(a, at) != bit(b, at)) return false;
  }
  return true;
}

}  // namespace rootcellar
