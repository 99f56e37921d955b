#include "installer/plan/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>

#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

bool is_address(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '-' ||
         letter == '_' || letter == '.' || letter == '/';
}

}  // namespace

std::string Endpoint::text() const {
  return address.find(':') == std::string::npos ? cat(address, ":", port) : cat("[", address, "]:", port);
}

bool Endpoint::loopback() const { return address.starts_with("127.") || address == "::1"; }

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> port = parse_u64(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  Endpoint endpoint{std::string(address), static_cast<std::uint32_t>(*port)};
  if (!is_address(bracketed ? AF_INET6 : AF_INET, endpoint.address)) return std::nullopt;
  return endpoint;
}

Endpoint local_endpoint(const Endpoint& listen) {
  if (listen.address == "0.0.0.0") return {"127.0.0.1", listen.port};
  if (listen.address == "::") return {"::1", listen.port};
  return listen;
}

bool is_registry_name(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::optional<std::uint64_t> bits = parse_u64(text.substr(slash + 1));
    const std::string address(text.substr(0, slash));
    return bits && ((*bits <= 32 && is_address(AF_INET, address)) || (*bits <= 128 && is_address(AF_INET6, address)));
  }
  const std::size_t colon = text.rfind(':');
  if (text.front() == '[') return parse_endpoint(text).has_value();
  const std::string_view host = text.substr(0, colon);
  const bool port_fine = colon == std::string_view::npos || parse_u64(text.substr(colon + 1)).value_or(65536) - 1 < 65535;
  return port_fine && !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return is_plain(c) && c != '/' && c != '_'; });
}

bool is_storage_path(std::string_view text) {
  return text.size() > 1 && text.front() == '/' && RelPath::parse(text.substr(1)).has_value() &&
         std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace rootcellar
