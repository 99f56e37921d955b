#include "installer/plan/network.h"

#include <gtest/gtest.h>

namespace rootcellar {
namespace {

TEST(Network, IsReadWithoutHostBits) {
  EXPECT_EQ(parse_network("10.244.0.0/16")->text(), "10.244.0.0/16");
  EXPECT_EQ(parse_network("0.0.0.0/0")->text(), "0.0.0.0/0");
  EXPECT_EQ(parse_network("192.0.2.7/32")->text(), "192.0.2.7/32");
  for (const char* bad : {"", "10.244.0.0", "10.244.0.0/33", "10.244.0.1/16", "10.244.0/16", "10.256.0.0/16", "fd00::/64", "10.244.0.0/"})
    EXPECT_FALSE(parse_network(bad)) << bad;
}

TEST(Network, SharesAddressesWithWhatLiesInIt) {
  const auto overlap = [](const char* a, const char* b) { return parse_network(a)->overlaps(*parse_network(b)); };
  EXPECT_TRUE(overlap("10.96.0.0/12", "10.100.0.0/21"));
  EXPECT_TRUE(overlap("10.100.0.0/21", "10.96.0.0/12"));
  EXPECT_TRUE(overlap("0.0.0.0/0", "192.0.2.0/24"));
  EXPECT_FALSE(overlap("10.244.0.0/16", "10.96.0.0/16"));
  EXPECT_FALSE(overlap("192.0.2.0/25", "192.0.2.128/25"));
}

TEST(Ipv4, IsFourNumbers) {
  EXPECT_EQ(parse_ipv4("192.0.2.7"), 0xc0000207u);
  EXPECT_EQ(ipv4_text(0xc0000207u), "192.0.2.7");
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "1.2.3.400", "a.b.c.d", "1.2.3.-4"}) EXPECT_FALSE(parse_ipv4(bad)) << bad;
}

}  // namespace
}  // namespace rootcellar
