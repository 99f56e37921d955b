// What the kernel says of a machine's network in /proc/net, for machines in memory.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/text.h"

namespace rootcellar::test {

/// /proc/net/fib_trie of a machine with these addresses.
inline std::string fib_trie(const std::vector<std::string>& addresses) {
  std::string text = "Local:\n  +-- 0.0.0.0/0 3 0 5\n";
  for (const std::string& address : addresses) text += cat("     |-- ", address, "\n        /32 host LOCAL\n");
  return text;
}

/// A way out of eth0 by 192.0.2.1, and 192.0.2.0/24 at eth0: lines of /proc/net/route.
inline constexpr const char* k_way_out = "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\n";
inline constexpr const char* k_lan = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n";

/// /proc/net/route with these lines.
inline std::string route_table(const std::vector<std::string>& lines) {
  return cat("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n", join(lines, ""));
}

}  // namespace rootcellar::test
