#include "installer/host/neighbours.h"

#include <gtest/gtest.h>

namespace rootcellar {
namespace {

using Known = std::map<std::string, std::string>;

TEST(Neighbours, AreThoseWhoAnswered) {
  const std::string table =
      "IP address       HW type     Flags       HW address            Mask     Device\n"
      "192.0.2.240      0x1         0x2         52:54:00:12:34:56     *        eth0\n"
      "192.0.2.241      0x1         0x0         00:00:00:00:00:00     *        eth0\n"
      "192.0.2.242      0x1         0x6         52:54:00:12:34:57     *        eth0\n"
      "192.0.2.243      0x1         two         52:54:00:12:34:58     *        eth0\n"
      "192.0.2.244      0x1         0x2         52:54:00\n";
  EXPECT_EQ(parse_arp(table), (Known{{"192.0.2.240", "52:54:00:12:34:56"}, {"192.0.2.242", "52:54:00:12:34:57"}}));
  EXPECT_EQ(parse_arp(""), Known());
}

TEST(Neighbours, NobodyIsAskedForNothing) {
  EXPECT_EQ(ask_neighbours({}, 60'000), Known());
  EXPECT_EQ(ask_neighbours({"lab", "127.0.0.9"}, 100), Known()) << "loopback has no neighbours";
}

}  // namespace
}  // namespace rootcellar
