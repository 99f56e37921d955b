// IPv4 networks as a cluster is told them: "10.244.0.0/16", and whether two of them share addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

struct Network {
  std::uint32_t address = 0;  ///< host byte order, without host bits
  unsigned prefix = 0;        ///< 0 to 32

  std::string text() const;
  bool contains(std::uint32_t one) const;
  bool overlaps(const Network& other) const;
  bool operator==(const Network&) const = default;
};

/// "192.0.2.7" in host byte order.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string ipv4_text(std::uint32_t address);
/// Nothing for IPv6, for a prefix beyond 32 and for an address with host bits.
std::optional<Network> parse_network(std::string_view text);

}  // namespace rootcellar
