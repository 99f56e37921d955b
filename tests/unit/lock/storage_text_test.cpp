// Exports and data in a lock: the text, and that it is read back.
#include <gtest/gtest.h>

#include "builder/lock/lock.h"
#include "bundle/base/text.h"
#include "tests/unit/lock/sample_lock.h"

namespace rootcellar {
namespace {

Lock storage_lock() {
  Lock lock = test::sample_lock();
  lock.nfs = {true, "package:nfs-kernel-server", "192.0.2.0/24", {"3", "4"}, true, {{"media", "/srv/media", 0755, "root", "root", {"rw", "sync"}}}};
  LockedBlob blob;
  blob.digest = sha256(as_bytes("tree"));
  blob.size = 2048;
  blob.path = "../sky.tar.xz";
  blob.archive = LockedArchive{sha256(as_bytes("archive")), 700, {}, LockedArchive::Tree{1, 0640, std::nullopt}};
  lock.data.push_back({{"sky", "data/sky.tar", "/srv/media/sky", 0750, "1000", "1000", 8192}, blob});
  return lock;
}

std::string section(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(cat("\n", from)) + 1;
  return text.substr(begin, text.find(cat("\n", to), begin) + 1 - begin);
}

TEST(StorageText, IsAsWritten) {
  const std::string text = encode_lock(storage_lock());
  EXPECT_EQ(section(text, "data:", "expires:"),
            cat("data:\n  - blob:\n      archive:\n        digest: ", sha256(as_bytes("archive")).named(),
                "\n        size: 700\n        tree:\n          file_mode: \"0640\"\n          strip: 1\n      digest: ",
                sha256(as_bytes("tree")).named(),
                "\n      path: ../sky.tar.xz\n      size: 2048\n    destination: /srv/media/sky\n    group: \"1000\"\n    mode: \"0750\"\n"
                "    name: sky\n    owner: \"1000\"\n    path: data/sky.tar\n    unpacked: 8192\n"));
  EXPECT_EQ(section(text, "nfs:", "packages:"),
            "nfs:\n  exports:\n    - group: root\n      mode: \"0755\"\n      name: media\n      options:\n        - rw\n        - sync\n      owner: root\n"
            "      path: /srv/media\n  fixed_ports: true\n  network: 192.0.2.0/24\n  server: package:nfs-kernel-server\n"
            "  versions:\n    - \"3\"\n    - \"4\"\n");
}

TEST(StorageText, IsReadBack) {
  const std::string text = encode_lock(storage_lock());
  const Lock again = parse_lock(text, "x.lock.yaml");
  EXPECT_EQ(encode_lock(again), text);
  EXPECT_TRUE(again.nfs.enabled);
  EXPECT_EQ(again.data.at(0).placed.unpacked, 8192U);
  ASSERT_TRUE(again.data.at(0).blob.archive && again.data.at(0).blob.archive->tree);
  EXPECT_EQ(again.data.at(0).blob.archive->tree->file_mode, 0640U);
}

TEST(StorageText, IsInTheBundlesTables) {
  const Lock lock = storage_lock();
  const Index index = index_tables(lock);
  EXPECT_EQ(index.appliance.nfs.exports.size(), 1U);
  EXPECT_EQ(index.appliance.data.at(0).name, "sky");
  EXPECT_EQ(decode_appliance(encode_appliance(index.appliance), "x").data.at(0).unpacked, 8192U);
  const std::vector<PlannedBlob> order = storage_order(lock);
  EXPECT_EQ(order.back().what, "data sky");
  EXPECT_EQ(order.back().mode, BlobMode::file);
}

}  // namespace
}  // namespace rootcellar
