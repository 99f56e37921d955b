#include "builder/rehearse/packet.h"

#include <algorithm>

#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr std::size_t k_ethernet_header = 14;
constexpr unsigned k_ipv4 = 0x0800, k_ipv6 = 0x86dd;                 // IEEE 802 EtherTypes
constexpr unsigned k_icmp = 1, k_tcp = 6, k_udp = 17, k_icmp6 = 58;  // IANA protocol numbers
constexpr unsigned k_dns_port = 53;
constexpr std::size_t k_dns_header = 12, k_dns_name = 255;  // RFC 1035 sections 4.1.1 and 2.3.4

unsigned read16(ByteView bytes, std::size_t at) { return static_cast<unsigned>(bytes[at] << 8 | bytes[at + 1]); }

std::string ipv4_text(ByteView bytes) {
  return cat(unsigned{bytes[0]}, ".", unsigned{bytes[1]}, ".", unsigned{bytes[2]}, ".", unsigned{bytes[3]});
}

/// All eight groups in hex; without RFC 5952's "::", which only people need.
std::string ipv6_text(ByteView bytes) {
  std::string text = "[";
  for (std::size_t at = 0; at < 16; at += 2) text += cat(at ? ":" : "", hex_encode(bytes.subspan(at, 2)));
  return text + "]";
}

/// The name a DNS query asks for, or nothing when the bytes are no query.
std::string dns_name(ByteView message) {
  std::string name;
  for (std::size_t at = k_dns_header; at < message.size() && message[at] != 0;) {
    const std::size_t length = message[at];
    if (length > 63 || at + 1 + length > message.size() || name.size() + length > k_dns_name) return {};
    name += cat(name.empty() ? "" : ".", as_text(message.subspan(at + 1, length)));
    at += 1 + length;
  }
  return printable(name);
}

struct Addresses {
  std::string from, to;
};

std::string describe_ports(std::string_view protocol, const Addresses& addresses, ByteView payload) {
  if (payload.size() < 4) return cat(protocol, " ", addresses.from, " -> ", addresses.to, " damaged");
  const unsigned port = read16(payload, 2);
  std::string line = cat(protocol, " ", addresses.from, " -> ", addresses.to, ":", port);
  const std::size_t header = protocol == "udp" ? 8 : payload.size();
  if (port == k_dns_port && payload.size() > header) line += cat(" dns ", dns_name(payload.subspan(header)));
  if (protocol == "tcp" && payload.size() > 13 && (payload[13] & 0x02) != 0) line += " syn";
  return line;
}

std::string describe_protocol(unsigned protocol, const Addresses& addresses, ByteView payload) {
  if (protocol == k_tcp) return describe_ports("tcp", addresses, payload);
  if (protocol == k_udp) return describe_ports("udp", addresses, payload);
  const std::string name = protocol == k_icmp || protocol == k_icmp6 ? "icmp" : cat("protocol-", protocol);
  return cat(name, " ", addresses.from, " -> ", addresses.to);
}

std::string describe_ipv4(ByteView packet) {
  if (packet.size() < 20) return "ip damaged";
  const std::size_t header = std::size_t{4} * (packet[0] & 0x0f);
  if (header < 20 || header > packet.size()) return "ip damaged";
  return describe_protocol(packet[9], {ipv4_text(packet.subspan(12, 4)), ipv4_text(packet.subspan(16, 4))}, packet.subspan(header));
}

std::string describe_ipv6(ByteView packet) {
  if (packet.size() < 40) return "ip damaged";
  return describe_protocol(packet[6], {ipv6_text(packet.subspan(8, 16)), ipv6_text(packet.subspan(24, 16))}, packet.subspan(40));
}

}  // namespace

std::optional<std::string> describe_leaving_packet(ByteView frame, const MacAddress& gateway) {
  if (frame.size() < k_ethernet_header || !std::equal(gateway.begin(), gateway.end(), frame.begin())) return std::nullopt;
  const unsigned type = read16(frame, 12);
  if (type == k_ipv4) return describe_ipv4(frame.subspan(k_ethernet_header));
  if (type == k_ipv6) return describe_ipv6(frame.subspan(k_ethernet_header));
  return std::nullopt;
}

}  // namespace rootcellar
