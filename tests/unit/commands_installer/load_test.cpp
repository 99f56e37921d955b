#include <gtest/gtest.h>

#include "tests/unit/commands_installer/site_fixture.h"

namespace rootcellar {
namespace {

using test::Site;

TEST(Load, FillsTheStorageAndNothingElse) {
  Site site;
  const std::string folder = site.write_bundle();
  const std::string key = site.write_key(test::first_key());
  const auto ran = site.run({"load", folder, "--registry-root", "/srv/registry", "--trust", key, "--owner", "1000:1000"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "0 images are in /srv/registry; 0 B written\n");
  EXPECT_FALSE(site.host().exists("/etc/rootcellar"));
}

TEST(Load, TheOwnerIsTwoNumbers) {
  Site site;
  const auto ran = site.run({"load", site.path("nothing"), "--registry-root", "/srv/registry", "--owner", "registry"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.err, "error: cannot use --owner 'registry': expected UID:GID, two numbers\n");
}

}  // namespace
}  // namespace rootcellar
