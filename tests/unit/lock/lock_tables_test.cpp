#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/unit/lock/sample_lock.h"

namespace rootcellar {
namespace {

TEST(IndexTables, AreSortedAndComplete) {
  const Index index = index_tables(test::sample_lock());
  std::vector<std::string> paths;
  for (const FileEntry& file : index.files) paths.push_back(file.path);
  EXPECT_EQ(paths,
            (std::vector<std::string>{"apt/debian/dists/bookworm/InRelease", "apt/debian/dists/bookworm/main/binary-amd64/Packages.xz",
                                      "apt/debian/pool/main/c/curl/curl_7.88_amd64.deb", "files/notes.txt", "files/tool.tar.gz"}));
  ASSERT_EQ(index.images.size(), 2U);
  EXPECT_EQ(index.images[0].repository, "docker.io/library/nginx");
  EXPECT_EQ(index.images[0].manifests.size(), 2U);
  EXPECT_EQ(index.appliance.title, "Lab page: #1");
  EXPECT_EQ(index.appliance.packages.files.size(), 1U);
  EXPECT_EQ(index.appliance.packages.base, "debian-12-minimal");
  EXPECT_EQ(index.appliance.checks.size(), 2U);
  EXPECT_TRUE(index.frames.empty());
}

TEST(IndexTables, TagsOfOneImageAreOneEntry) {
  Lock lock = test::sample_lock();
  lock.images.push_back(lock.images[0]);
  lock.images.back().tags = {"stable", "1.22"};
  const Index index = index_tables(lock);
  ASSERT_EQ(index.images.size(), 2U);
  EXPECT_EQ(index.images[0].tags, (std::vector<std::string>{"1.22", "stable"}));
}

TEST(StorageOrder, PutsFirstWhatTheInstallerNeedsFirst) {
  std::vector<std::string> lines;
  for (const PlannedBlob& blob : storage_order(test::sample_lock()))
    lines.push_back(cat(blob.mode == BlobMode::file ? "file " : "asis ", blob.what, blob.image == nullptr ? "" : " (image)"));
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "file list debian/dists/bookworm/InRelease",
                       "asis list debian/dists/bookworm/main/binary-amd64/Packages.xz",
                       "asis package curl 7.88",
                       "file manifest of quay.io/lab/registry:2 (image)",
                       "file configuration of quay.io/lab/registry:2 (image)",
                       "file layer 1 of quay.io/lab/registry:2 (image)",
                       "file manifest of docker.io/library/nginx:1.22 (image)",
                       "file manifest of docker.io/library/nginx:1.22 (image)",
                       "file configuration of docker.io/library/nginx:1.22 (image)",
                       "asis layer 1 of docker.io/library/nginx:1.22 (image)",
                       "file file notes.txt",
                       "asis file tool.tar.gz",
                   }));
}

TEST(StorageOrder, EachDigestOnce) {
  Lock lock = test::sample_lock();
  const std::size_t before = storage_order(lock).size();
  lock.images.push_back(lock.images[0]);
  lock.files[0].blob.digest = lock.files[1].blob.digest;
  EXPECT_EQ(storage_order(lock).size(), before - 1);
}

}  // namespace
}  // namespace rootcellar
