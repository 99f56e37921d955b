// Addresses as an appliance uses them: numeric, with a port, never a name to be looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

/// A numeric IPv4 or IPv6 address and a port.
struct Endpoint {
  std::string address;  ///< without brackets
  std::uint32_t port = 0;

  std::string text() const;  ///< "127.0.0.1:5000", "[::1]:5000"
  bool any_address() const { return address == "0.0.0.0" || address == "::"; }
  bool loopback() const;
};

/// "127.0.0.1:5000" or "[::1]:5000"; nothing for names, for port 0 and for anything else.
std::optional<Endpoint> parse_endpoint(std::string_view text);
/// Where this machine's own programs reach a server that listens at `listen`.
Endpoint local_endpoint(const Endpoint& listen);
/// "host:port", "host", or a network in CIDR notation: what docker's insecure-registries takes.
bool is_registry_name(std::string_view text);
/// An absolute path, normal, of characters that need no quoting in units and configuration files, and not "/" itself.
bool is_storage_path(std::string_view text);

}  // namespace rootcellar
