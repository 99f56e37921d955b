// Reading a captured Ethernet frame far enough to say who asked whom for what: pure, so that it can be tested on bytes.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "bundle/base/io.h"

namespace rootcellar {

using MacAddress = std::array<std::uint8_t, 6>;

/// "udp 10.93.0.2 -> 192.0.2.53:53 dns deb.debian.org" for an IPv4 or IPv6 packet in an Ethernet frame (IEEE 802.3, RFC 894, RFC 2464) that
/// was sent to `gateway`: a packet on its way off the LAN. Nothing for everything that stays on the LAN: ARP, neighbour discovery,
/// multicast, broadcast, and traffic between hosts. A packet too short to be understood is still one: "ip damaged".
std::optional<std::string> describe_leaving_packet(ByteView frame, const MacAddress& gateway);

}  // namespace rootcellar
