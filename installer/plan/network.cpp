#include "installer/plan/network.h"

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::uint32_t mask_of(unsigned prefix) { return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix); }

}  // namespace

std::string Network::text() const { return cat(ipv4_text(address), "/", prefix); }

bool Network::contains(std::uint32_t one) const { return (one & mask_of(prefix)) == address; }

bool Network::overlaps(const Network& other) const { return contains(other.address) || other.contains(address); }

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    const auto number = parse_u64(part);
    if (!number || *number > 255) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(*number);
  }
  return address;
}

std::string ipv4_text(std::uint32_t address) {
  return cat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".", address & 255);
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, slash));
  const auto prefix = parse_u64(text.substr(slash + 1));
  if (!address || !prefix || *prefix > 32) return std::nullopt;
  const Network network{*address, static_cast<unsigned>(*prefix)};
  return network.contains(*address) ? std::optional(network) : std::nullopt;
}

}  // namespace rootcellar
