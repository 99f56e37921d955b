#include "builder/rehearse/packet.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr MacAddress k_gateway{0x02, 0x93, 0, 0, 0, 1};

std::string to_gateway(std::string_view rest) { return cat("029300000001", "aabbccddeeff", rest); }

std::optional<std::string> describe(const std::string& hex) {
  const auto bytes = hex_decode(hex);
  return describe_leaving_packet(bytes.value(), k_gateway);
}

// 20 bytes without options: version and length, tos, length, id, fragment, ttl, protocol, checksum, 10.93.0.2 -> 192.0.2.53.
std::string ipv4(std::string_view protocol, std::string_view payload) {
  return to_gateway(cat("0800", "45000000", "00000000", "40", protocol, "0000", "0a5d0002", "c0000235", payload));
}
// 40 bytes: version, length, next header, hops, fd93::2 -> 2001:db8::1.
std::string ipv6(std::string_view protocol, std::string_view payload) {
  return to_gateway(
      cat("86dd", "60000000", "0000", protocol, "40", "fd930000000000000000000000000002", "20010db8000000000000000000000001", payload));
}
constexpr const char* k_udp53 = "c0000035001c0000";
constexpr const char* k_dns_query = "123401000001000000000000";

TEST(Packet, DnsQueryIsDecoded) {
  EXPECT_EQ(describe(ipv4("11", cat(k_udp53, k_dns_query, "03646562", "076578616d706c65", "036f7267", "0000010001"))),
            "udp 10.93.0.2 -> 192.0.2.53:53 dns deb.example.org");
}

TEST(Packet, TcpSynAndOthers) {
  EXPECT_EQ(describe(ipv4("06", "c00001bb00000000000000005002000000000000")), "tcp 10.93.0.2 -> 192.0.2.53:443 syn");
  EXPECT_EQ(describe(ipv4("06", "c00001bb00000000000000005010000000000000")), "tcp 10.93.0.2 -> 192.0.2.53:443");
  EXPECT_EQ(describe(ipv4("11", "c000007b00080000")), "udp 10.93.0.2 -> 192.0.2.53:123");
  EXPECT_EQ(describe(ipv4("01", "0800")), "icmp 10.93.0.2 -> 192.0.2.53");
  EXPECT_EQ(describe(ipv4("84", "00")), "protocol-132 10.93.0.2 -> 192.0.2.53");
}

TEST(Packet, Ipv6) {
  EXPECT_EQ(describe(ipv6("06", "c00001bb00000000000000005002000000000000")),
            "tcp [fd93:0000:0000:0000:0000:0000:0000:0002] -> [2001:0db8:0000:0000:0000:0000:0000:0001]:443 syn");
}

TEST(Packet, WhatStaysOnTheLanIsNotCounted) {
  EXPECT_EQ(describe(cat("ffffffffffff", "aabbccddeeff", "0806", "0001080006040001")), std::nullopt);  // ARP broadcast
  EXPECT_EQ(describe(cat("3333000000fb", "aabbccddeeff", "86dd", "60000000")), std::nullopt);          // IPv6 multicast
  EXPECT_EQ(describe(cat("01005e0000fb", "aabbccddeeff", "0800", "45000000")), std::nullopt);          // IPv4 multicast
  EXPECT_EQ(describe(cat("aabbccddee02", "aabbccddeeff", "0800", "45000000")), std::nullopt);          // a neighbour
  EXPECT_EQ(describe(to_gateway("0806"
                                "0001080006040001")),
            std::nullopt);  // ARP to the gateway itself
}

TEST(Packet, CutAnywhereItIsStillCounted) {
  const std::string whole = ipv4("11", cat(k_udp53, k_dns_query, "03646562", "036f7267", "0000010001"));
  EXPECT_EQ(describe(whole), "udp 10.93.0.2 -> 192.0.2.53:53 dns deb.org");
  for (std::size_t length = 28; length < whole.size(); length += 2) EXPECT_TRUE(describe(whole.substr(0, length))) << length;
  EXPECT_EQ(describe(whole.substr(0, 28)), "ip damaged");
  EXPECT_EQ(describe(whole.substr(0, 26)), std::nullopt);
  EXPECT_EQ(describe(to_gateway("0800"
                                "4f000000"
                                "00000000"
                                "4011"
                                "0000"
                                "0a5d0002"
                                "c0000235")),
            "ip damaged");  // header longer than the packet
}

TEST(Packet, ANameFromOutsideIsSafeToPrint) {
  EXPECT_EQ(describe(ipv4("11", cat(k_udp53, k_dns_query, "041b5b326a", "00"))), "udp 10.93.0.2 -> 192.0.2.53:53 dns \\x1b[2j");
  EXPECT_EQ(describe(ipv4("11", cat(k_udp53, k_dns_query, "ff41"))), "udp 10.93.0.2 -> 192.0.2.53:53 dns ");
}

}  // namespace
}  // namespace rootcellar
