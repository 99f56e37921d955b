// Exports, data and roles' disks of a profile, as they arrive.
#include <gtest/gtest.h>

#include "builder/profile/profile.h"
#include "bundle/base/file.h"

namespace rootcellar {
namespace {

constexpr const char* k_profile = R"(rootcellar: 1
product: sample
target: {distribution: debian, version: "12", codename: bookworm}
architectures: [amd64]
packages: {install: [nfs-kernel-server]}
nfs:
  server: package:nfs-kernel-server
  network: 192.0.2.0/24
  versions: [3]
  fixed_ports: true
  exports:
    - {name: scratch, path: /srv/scratch, mode: "0777", owner: nobody, group: nogroup, options: [rw, async, no_subtree_check, no_root_squash]}
    - {name: media, path: /srv/media}
data:
  - {name: sky, path: sky.tar, destination: /srv/media/sky, mode: "0700", owner: "1000", group: "1000", strip: 1, file_mode: "0640"}
)";

Profile load() {
  TemporaryDirectory folder{"rc-storage-profile"};
  const std::string path = path_join(folder.path(), "x.yaml");
  write_file_atomically(path, k_profile);
  write_file_atomically(path_join(folder.path(), "sky.tar"), "x");
  return load_profile(path, {.variant = "", .architecture = "amd64", .set = {}});
}

TEST(StorageProfile, HoldsExports) {
  const NfsSection nfs = load().nfs;
  EXPECT_TRUE(nfs.enabled);
  EXPECT_TRUE(nfs.fixed_ports);
  EXPECT_EQ(nfs.server, "package:nfs-kernel-server");
  EXPECT_EQ(nfs.network, "192.0.2.0/24");
  EXPECT_EQ(nfs.versions, std::vector<std::string>{"3"});
  ASSERT_EQ(nfs.exports.size(), 2U);
  EXPECT_EQ(nfs.exports[0].mode, 0777U);
  EXPECT_EQ(nfs.exports[0].owner, "nobody");
  EXPECT_EQ(nfs.exports[0].options, (std::vector<std::string>{"rw", "async", "no_subtree_check", "no_root_squash"}));
  EXPECT_EQ(nfs.exports[1].options, (std::vector<std::string>{"rw", "sync", "no_subtree_check"}));
}

TEST(StorageProfile, HoldsData) {
  const Profile profile = load();
  ASSERT_EQ(profile.data.size(), 1U);
  const ProfileData& data = profile.data[0];
  EXPECT_EQ(data.described.destination, "/srv/media/sky");
  EXPECT_EQ(data.described.mode, 0700U);
  EXPECT_EQ(data.described.owner, "1000");
  EXPECT_EQ(data.strip, 1U);
  EXPECT_EQ(data.file_mode, 0640U);
  EXPECT_FALSE(data.directory_mode);
  EXPECT_EQ(data.content.resolved_path, "sky.tar");
}

}  // namespace
}  // namespace rootcellar
