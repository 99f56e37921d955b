// Who has which address on the networks of this machine, as the kernel finds out by ARP.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// /proc/net/arp: hardware addresses by IPv4 address, of the entries that somebody answered for (ATF_COM, arp(7)).
std::map<std::string, std::string> parse_arp(std::string_view text);

/// Sends one datagram to every address, which makes the kernel ask for it, and gives those that answered within the time. A machine that went
/// away a moment ago may still be known to the kernel.
std::map<std::string, std::string> ask_neighbours(const std::vector<std::string>& addresses, std::uint64_t milliseconds);

}  // namespace rootcellar
