#include "installer/plan/endpoint.h"

#include <gtest/gtest.h>

namespace rootcellar {
namespace {

TEST(Endpoint, TakesNumbersOnly) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:5000")->text(), "127.0.0.1:5000");
  EXPECT_EQ(parse_endpoint("[::1]:80")->text(), "[::1]:80");
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:080", "localhost:80", "::1:80",
                          "[127.0.0.1]:80", "1.2.3:80", "[::1]", "[]:80"}) {
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
  }
}

TEST(Endpoint, AServerForAllIsReachedLocally) {
  EXPECT_EQ(local_endpoint({"0.0.0.0", 5000}).text(), "127.0.0.1:5000");
  EXPECT_EQ(local_endpoint({"::", 5000}).text(), "[::1]:5000");
  EXPECT_EQ(local_endpoint({"192.0.2.7", 5000}).text(), "192.0.2.7:5000");
}

TEST(RegistryName, IsAHostOrANetwork) {
  for (const char* good : {"registry.site:5000", "registry", "192.0.2.0/24", "10.0.0.1:80", "2001:db8::/32", "[::1]:5000"})
    EXPECT_TRUE(is_registry_name(good)) << good;
  for (const char* bad : {"", "http://x", "a/b", "a:0", "a:65536", "a b", "10.0.0.0/33", ":80"}) EXPECT_FALSE(is_registry_name(bad)) << bad;
}

TEST(StoragePath, IsAbsoluteAndPlain) {
  EXPECT_TRUE(is_storage_path("/srv/data-1"));
  for (const char* bad : {"", "/", "srv", "/srv/../x", "/srv//x", "/srv/", "/srv/a b", "/srv/%i", "/srv/'x"})
    EXPECT_FALSE(is_storage_path(bad)) << bad;
}

}  // namespace
}  // namespace rootcellar
