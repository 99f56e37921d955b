// Address ranges as Kubernetes takes them: IPv4 or IPv6 with a prefix length, and whether two of them meet. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rootcellar {

struct AddressRange {
  std::array<std::uint8_t, 16> bytes{};  ///< IPv4: the first four
  bool is_v6 = false;
  unsigned prefix = 0;
};

/// "10.244.0.0/16" (RFC 4632); nothing when it is none, or when bits below the prefix are set.
std::optional<AddressRange> parse_address_range(std::string_view text);
bool ranges_overlap(const AddressRange& a, const AddressRange& b);

}  // namespace rootcellar
