#include "builder/profile/value_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace rootcellar {
namespace {

TEST(ValueRules, ProductNames) {
  EXPECT_TRUE(is_product_name("lab-1"));
  EXPECT_TRUE(is_product_name(std::string(32, 'a')));
  for (const std::string& bad : {std::string(), std::string("-a"), std::string("A"), std::string("a_b"), std::string(33, 'a')})
    EXPECT_FALSE(is_product_name(bad)) << bad;
}

TEST(ValueRules, Destinations) {
  EXPECT_TRUE(is_destination("/opt/x"));
  EXPECT_TRUE(is_destination("/var/lib/rootcellar2/x"));
  for (const char* bad : {"x", "/", "/a/", "/a//b", "/a/../b", "/a/./b", "/var/lib/rootcellar", "/var/lib/rootcellar/x",
                          "/etc/rootcellar/x", "/proc/x", "/dev/x"})
    EXPECT_FALSE(is_destination(bad)) << bad;
}

TEST(ValueRules, Endpoints) {
  for (const char* good : {"127.0.0.1:5000", "[::1]:5000", "0.0.0.0:65535"}) EXPECT_TRUE(is_numeric_endpoint(good)) << good;
  for (const char* bad : {"localhost:5000", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:5000", "127.0.0.1:050", ":5000"})
    EXPECT_FALSE(is_numeric_endpoint(bad)) << bad;
  for (const char* good : {"lab:5000", "10.0.0.0/8", "fd00::/8", "10.1.2.3:5000"}) EXPECT_TRUE(is_registry_range(good)) << good;
  for (const char* bad : {"lab", "10.0.0.0/33", "10.0.0/8", "lab/8"}) EXPECT_FALSE(is_registry_range(bad)) << bad;
}

TEST(ValueRules, Urls) {
  for (const char* good : {"http://a", "https://example.org:8443/x?y=z", "http://[::1]:80/"}) EXPECT_TRUE(is_web_url(good)) << good;
  for (const char* bad : {"ftp://a", "https://", "https:///x", "https://user@host/x", "http://a b", "example.org"})
    EXPECT_FALSE(is_web_url(bad)) << bad;
  for (const char* good : {"http://127.0.0.1/", "http://127.0.0.1:5000/v2/", "http://[::1]:80"})
    EXPECT_TRUE(is_numeric_web_url(good)) << good;
  for (const char* bad : {"http://localhost/", "https://127.0.0.1/"}) EXPECT_FALSE(is_numeric_web_url(bad)) << bad;
}

TEST(ValueRules, Packages) {
  for (const char* good : {"docker.io", "libstdc++6", "libc6:i386", "0ad"}) EXPECT_TRUE(is_package_name(good)) << good;
  for (const char* bad : {"", "a", "Docker", "a b", "libc6:x", "-a"}) EXPECT_FALSE(is_package_name(bad)) << bad;
  for (const char* good : {"20.10.24+dfsg1-1", "5:18.09.8~3-0~ubuntu-bionic", "1.*"}) EXPECT_TRUE(is_package_version(good)) << good;
  for (const char* bad : {"", "1 2", "1/2"}) EXPECT_FALSE(is_package_version(bad)) << bad;
}

TEST(ValueRules, Modes) {
  EXPECT_EQ(parse_mode("0755"), std::optional<std::uint32_t>(0755));
  EXPECT_EQ(parse_mode("4755"), std::optional<std::uint32_t>(04755));
  for (const char* bad : {"", "755", "0888", "00755", "rwxr"}) EXPECT_EQ(parse_mode(bad), std::nullopt) << bad;
}

TEST(ValueRules, Others) {
  EXPECT_TRUE(is_log_size("50m"));
  for (const char* bad : {"50", "m", "050m", "50M"}) EXPECT_FALSE(is_log_size(bad)) << bad;
  EXPECT_TRUE(is_account("_apt"));
  EXPECT_TRUE(is_account("1000"));
  for (const char* bad : {"", "Root", "a b", "-a"}) EXPECT_FALSE(is_account(bad)) << bad;
  EXPECT_TRUE(is_image_port("53/udp"));
  for (const char* bad : {"0", "80/xyz", "http"}) EXPECT_FALSE(is_image_port(bad)) << bad;
  EXPECT_TRUE(is_version("0.1.0"));
  for (const char* bad : {"1", "1.2", "1.2.3.4", "01.2.3", "1.2.x"}) EXPECT_FALSE(is_version(bad)) << bad;
}

}  // namespace
}  // namespace rootcellar
