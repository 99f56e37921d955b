#include <gtest/gtest.h>

#include "builder/rehearse/host_cgroups.h"
#include "builder/rehearse/nspawn.h"

namespace rootcellar {
namespace {

TEST(Cgroups, HybridHierarchiesAreFound) {
  const auto mounts = parse_cgroup_mounts(
      "25 20 0:21 / /sys/fs/cgroup rw,relatime shared:4 - tmpfs tmpfs rw,size=4096k\n"
      "26 25 0:22 / /sys/fs/cgroup/cpuset rw,relatime shared:5 - cgroup cgroup rw,cpuset\n"
      "27 25 0:23 / /sys/fs/cgroup/memory ro,nosuid,relatime - cgroup cgroup rw,memory\n"
      "28 25 0:24 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
      "a line that is none\n");
  ASSERT_EQ(mounts.size(), 3u);
  EXPECT_EQ(mounts[0].path, "/sys/fs/cgroup/cpuset");
  EXPECT_FALSE(mounts[0].unified);
  EXPECT_FALSE(mounts[0].read_only);
  EXPECT_TRUE(mounts[1].read_only);
  EXPECT_TRUE(mounts[2].unified);
}

TEST(Cgroups, OnlyTheUnifiedOneOfVersion2) {
  const auto mounts = parse_cgroup_mounts("30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].path, "/sys/fs/cgroup");
  EXPECT_TRUE(mounts[0].unified);
  EXPECT_TRUE(parse_cgroup_mounts("").empty());
}

TEST(Nspawn, APathWithAColonIsOnePath) {
  EXPECT_EQ(escape_bind("/media/me/STICK"), "/media/me/STICK");
  EXPECT_EQ(escape_bind("/media/a:b\\c"), "/media/a\\:b\\\\c");
}

}  // namespace
}  // namespace rootcellar
