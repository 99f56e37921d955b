#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::Blob;

BundleWriterOptions options_for(const std::string& directory) { return {.directory = directory, .index_bound = 100000}; }

void add(BundleWriter& writer, const Bytes& bytes, BlobMode mode = BlobMode::asis) {
  MemorySource source(bytes);
  writer.add_blob(sha256(bytes), bytes.size(), mode, source, "a blob");
}

TEST(Writer, LeavesNothingWithoutFinish) {
  TemporaryDirectory folder("rc-bundle");
  {
    BundleWriter writer(test::facts(), options_for(folder.path()), silent_progress());
    add(writer, test::noise(100000, 1));
    EXPECT_EQ(list_directory(folder.path()), (std::vector<std::string>{"lab-cpu-3-amd64.lock", "lab-cpu-3-amd64.v01.cellar.partial"}));
  }
  EXPECT_TRUE(list_directory(folder.path()).empty());
}

TEST(Writer, LeavesOnlyVolumesAfterFinish) {
  TemporaryDirectory folder("rc-bundle");
  test::build(folder.path(), {});
  EXPECT_EQ(list_directory(folder.path()), std::vector<std::string>{"lab-cpu-3-amd64.v01.cellar"});
}

TEST(Writer, ASecondBuildOfTheSameNameIsRefused) {
  TemporaryDirectory folder("rc-bundle");
  BundleWriter writer(test::facts(), options_for(folder.path()), silent_progress());
  EXPECT_EQ(test::code_of([&] { BundleWriter(test::facts(), options_for(folder.path()), silent_progress()); }), ExitCode::system);
  Header other = test::facts();
  other.serial = 4;
  BundleWriter allowed(other, options_for(folder.path()), silent_progress());
  EXPECT_EQ(list_directory(folder.path()).size(), 4u);
}

TEST(Writer, ABuildReplacesALargerOneOfTheSameName) {
  TemporaryDirectory folder("rc-bundle");
  test::build(folder.path(), {{test::noise(3000000, 1), BlobMode::asis}}, {.volume_size = limits::k_min_volume_size});
  test::build(folder.path(), {{test::noise(300, 1), BlobMode::asis}});
  EXPECT_EQ(list_directory(folder.path()), std::vector<std::string>{"lab-cpu-3-amd64.v01.cellar"});
}

TEST(Writer, BytesThatAreNotWhatWasPromisedAreRefused) {
  TemporaryDirectory folder("rc-bundle");
  BundleWriter writer(test::facts(), options_for(folder.path()), silent_progress());
  Bytes bytes{'a', 'b'};
  MemorySource first(bytes), second(bytes);
  EXPECT_EQ(test::error_of([&] { writer.add_blob(sha256(bytes), 3, BlobMode::asis, first, "http://x/y"); }),
            "error: cannot use 'http://x/y': expected 3 bytes, found 2\n");
  EXPECT_EQ(test::error_of([&] { writer.add_blob(sha256({}), 2, BlobMode::asis, second, "http://x/y"); }),
            "error: cannot use 'http://x/y': expected sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, found "
            "sha256:fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603\n");
}

TEST(Writer, ImpossibleWishesAreUsageErrors) {
  TemporaryDirectory folder("rc-bundle");
  auto with_size = [&](std::uint64_t size) {
    BundleWriterOptions options = options_for(folder.path());
    options.volume_size = size;
    options.index_bound = 5000000;
    return test::error_of([&] { BundleWriter(test::facts(), options, silent_progress()); });
  };
  EXPECT_EQ(with_size(1 << 20),
            "error: cannot use volumes of 1048576 bytes: expected at least 5532480 (each volume holds the index)\nhint: use a larger "
            "--volume-size\n");
  EXPECT_EQ(with_size(UINT64_MAX), "error: cannot use volumes of 18446744073709551615 bytes: expected at most 4398046511104\n");
  EXPECT_TRUE(list_directory(folder.path()).empty());
  EXPECT_EQ(test::error_of([&] { test::build(folder.path(), {}, {.signers = {}}); }),
            "error: cannot sign 'lab-cpu-3-amd64': expected 1 to 8 keys, found 0\n");
  Header header = test::facts();
  header.product = "Lab";
  EXPECT_EQ(test::error_of([&] { BundleWriter(header, options_for(folder.path()), silent_progress()); }),
            "error: the bundle's header: header line 2: expected product to be 1 to 32 of a-z, 0-9 and '-', found 'Lab'\n");
}

TEST(Writer, AnIndexAboveItsBoundIsRefused) {
  TemporaryDirectory folder("rc-bundle");
  BundleWriterOptions options = options_for(folder.path());
  options.index_bound = 10;
  BundleWriter writer(test::facts(), options, silent_progress());
  add(writer, {'x'});
  std::string error = test::error_of([&] { writer.finish({}, {&test::first_key()}); });
  EXPECT_TRUE(error.starts_with("error: cannot finish 'lab-cpu-3-amd64': its index has ")) << error;
  EXPECT_TRUE(error.ends_with(" bytes, expected at most 10\n")) << error;
}

TEST(Writer, AFullDiskIsNamed) {
  TemporaryDirectory folder("rc-bundle");
  std::string partial = path_join(folder.path(), "lab-cpu-3-amd64.v01.cellar.partial");
  ASSERT_EQ(::symlink("/dev/full", partial.c_str()), 0);  // a device on which every write fails with ENOSPC
  EXPECT_EQ(test::error_of([&] {
              test::build(folder.path(), {{{'x'}, BlobMode::asis}});
            }),
            cat("error: cannot write '", partial, "': No space left on device\n"));
  EXPECT_TRUE(list_directory(folder.path()).empty());
}

/// Counts; may be told to give back damaged entries.
class Cache final : public FrameCache {
 public:
  bool lookup(const Digest& key, Bytes& stored) override {
    auto found = entries.find(key);
    if (found == entries.end()) return false;
    ++hits;
    stored = found->second;
    if (damage) stored.back() ^= 1;
    return true;
  }
  void store(const Digest& key, ByteView stored) override { entries[key] = Bytes(stored.begin(), stored.end()); }

  std::map<Digest, Bytes> entries;
  int hits = 0;
  bool damage = false;
};

TEST(Writer, ACacheChangesNothingButTheTime) {
  std::vector<Blob> blobs{
      {test::prose(300000, 1), BlobMode::file}, {test::noise(10, 1), BlobMode::asis}, {test::noise(300000, 2), BlobMode::file}};
  TemporaryDirectory plain("rc-bundle"), cold("rc-bundle"), warm("rc-bundle"), damaged("rc-bundle");
  std::string expected = test::slurp(test::build(plain.path(), blobs).at(0));
  Cache cache;
  auto with_cache = [&](const TemporaryDirectory& folder) {
    return test::slurp(test::build(folder.path(), blobs, {.jobs = 1, .cache = &cache}).at(0));
  };
  EXPECT_TRUE(with_cache(cold) == expected);
  EXPECT_EQ(cache.entries.size(), 2u);
  EXPECT_TRUE(with_cache(warm) == expected);
  EXPECT_EQ(cache.hits, 2);
  cache.damage = true;
  EXPECT_TRUE(with_cache(damaged) == expected);
}

}  // namespace
}  // namespace rootcellar
