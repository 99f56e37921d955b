#include "builder/source/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "builder/source/file_sources.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/thrown.h"

namespace rootcellar {
namespace {

using test::error_of;

constexpr std::string_view k_text = "the bytes of a blob";
const Digest k_digest = sha256(as_bytes(k_text));

class CacheTest : public testing::Test {
 protected:
  TemporaryDirectory folder_{"rc-cache"};
  Cache cache_{folder_.path()};

  std::unique_ptr<Cache::Filling> fill() { return cache_.fill(k_digest, k_text.size(), "the blob"); }
};

TEST_F(CacheTest, ABlobAppearsWhenItIsWhole) {
  const auto filling = fill();
  ASSERT_TRUE(filling);
  EXPECT_EQ(filling->offset(), 0u);
  filling->write(as_bytes(k_text));
  EXPECT_FALSE(cache_.find(k_digest, k_text.size()));
  EXPECT_EQ(filling->commit(), cache_.blob_path(k_digest));
  EXPECT_EQ(cache_.find(k_digest, k_text.size()), cache_.blob_path(k_digest));
  EXPECT_FALSE(cache_.find(k_digest, 1));
  EXPECT_EQ(read_file(cache_.blob_path(k_digest), 100), k_text);
  EXPECT_FALSE(fill());
}

TEST_F(CacheTest, AnInterruptedBlobGoesOn) {
  for (std::size_t cut = 0; cut < k_text.size(); ++cut) {
    cache_.forget(k_digest);
    fill()->write(as_bytes(k_text.substr(0, cut)));
    const auto filling = fill();
    ASSERT_EQ(filling->offset(), cut);
    filling->write(as_bytes(k_text.substr(cut)));
    filling->commit();
  }
}

TEST_F(CacheTest, APartThatIsWholeNeedsNoMore) {
  fill()->write(as_bytes(k_text));
  EXPECT_FALSE(fill());
  EXPECT_TRUE(cache_.find(k_digest, k_text.size()));
}

TEST_F(CacheTest, OtherBytesAreRefusedAndDropped) {
  const auto filling = fill();
  const std::string other(k_text.size(), 'x');
  filling->write(as_bytes(other));
  EXPECT_EQ(error_of([&] { filling->commit(); }),
            cat("error: the blob has other content: expected ", k_digest.named(), ", found ", sha256(as_bytes(other)).named(), "\n"));
  EXPECT_EQ(filling->offset(), 0u);
  filling->write(as_bytes(k_text));
  filling->commit();
}

TEST_F(CacheTest, AWholePartWithOtherBytesBeginsAgain) {
  fill()->write(as_bytes(std::string(k_text.size(), 'x')));
  EXPECT_EQ(fill()->offset(), 0u);
}

TEST_F(CacheTest, TooFewAndTooManyBytes) {
  const auto filling = fill();
  filling->write(as_bytes(k_text.substr(0, 5)));
  EXPECT_EQ(error_of([&] { filling->commit(); }), "error: the blob is cut: expected 19 bytes, found 5\n");
  EXPECT_EQ(error_of([&] { filling->write(as_bytes(k_text)); }), "error: the blob is longer than the 19 bytes expected\n");
  EXPECT_EQ(filling->offset(), 0u);
}

TEST_F(CacheTest, TheEmptyBlobIsThereAtOnce) {
  EXPECT_FALSE(cache_.fill(sha256({}), 0, "nothing"));
  EXPECT_TRUE(cache_.find(sha256({}), 0));
}

TEST_F(CacheTest, WithoutASizeTheDigestDecides) {
  const auto filling = cache_.fill(k_digest, std::nullopt, "the blob");
  filling->write(as_bytes(k_text));
  filling->commit();
  EXPECT_TRUE(cache_.find(k_digest, std::nullopt));
}

TEST_F(CacheTest, TheSecondWaitsAndFindsItDone) {
  auto first = fill();
  std::atomic<bool> second_done = false;
  std::thread second([&] {
    EXPECT_FALSE(fill());
    second_done = true;
  });
  first->write(as_bytes(k_text));
  EXPECT_FALSE(second_done);
  first->commit();
  first.reset();
  second.join();
}

TEST_F(CacheTest, ManyAtOnceFillItOnce) {
  std::atomic<int> filled = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto filling = Cache(folder_.path()).fill(k_digest, k_text.size(), "the blob");
      if (!filling) return;
      filling->write(as_bytes(k_text));
      filling->commit();
      ++filled;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(filled, 1);
}

TEST_F(CacheTest, StoresBytesUnderTheirOwnName) {
  MemorySource source(as_bytes(k_text));
  EXPECT_EQ(cache_.store(source), std::make_pair(k_digest, std::uint64_t{k_text.size()}));
  EXPECT_TRUE(cache_.find(k_digest, k_text.size()));
  EXPECT_TRUE(list_directory(path_join(folder_.path(), "incoming")).empty());
}

TEST_F(CacheTest, FramesAreKeptAndChecked) {
  const auto frames = cache_.frame_cache();
  Bytes found;
  EXPECT_FALSE(frames->lookup(k_digest, found));
  frames->store(k_digest, as_bytes(k_text));
  ASSERT_TRUE(frames->lookup(k_digest, found));
  EXPECT_EQ(as_text(found), k_text);
  const std::string path = path_join(folder_.path(), cat("frames/", k_digest.hex().substr(0, 2), "/", k_digest.hex()));
  std::string damaged = read_file(path, 100);
  for (std::size_t at = 0; at < damaged.size(); ++at) {
    std::string one = damaged;
    one[at] = static_cast<char>(one[at] ^ 1);
    write_file_atomically(path, one);
    EXPECT_FALSE(frames->lookup(k_digest, found)) << at;
  }
}

TEST_F(CacheTest, FramesStayBelowTheirLimit) {
  const Bytes frame(1000);
  const auto key = [](int number) { return sha256(as_bytes(cat(number))); };
  {
    const auto frames = cache_.frame_cache(10000);
    for (int i = 0; i < 20; ++i) frames->store(key(i), frame);
    frames->store(key(100), Bytes(20000));
  }
  std::uint64_t kept = 0;
  Bytes found;
  const auto frames = cache_.frame_cache(10000);
  for (int i = 0; i < 20; ++i) kept += frames->lookup(key(i), found) ? 1 : 0;
  EXPECT_GT(kept, 5u);
  EXPECT_LE(kept, 10u);
  EXPECT_FALSE(frames->lookup(key(100), found));
}

TEST(CacheRoot, FollowsTheEnvironment) {
  setenv("ROOTCELLAR_CACHE", "/a", 1);
  setenv("XDG_CACHE_HOME", "/b", 1);
  EXPECT_EQ(Cache::default_root(), "/a");
  unsetenv("ROOTCELLAR_CACHE");
  EXPECT_EQ(Cache::default_root(), "/b/rootcellar");
  unsetenv("XDG_CACHE_HOME");
  const std::string home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
  setenv("HOME", "/c", 1);
  EXPECT_EQ(Cache::default_root(), "/c/.cache/rootcellar");
  unsetenv("HOME");
  EXPECT_EQ(error_of([] { Cache::default_root(); }),
            "error: cannot choose a cache folder: HOME is not set\nhint: set ROOTCELLAR_CACHE to a folder with room for the inputs of a "
            "bundle\n");
  if (!home.empty()) setenv("HOME", home.c_str(), 1);
}

class LocalFileTest : public CacheTest {
 protected:
  HttpClient http_{{}, {}};
  SourceContext context_{cache_, http_, silent_progress(), 1, folder_.path(), "amd64", {}};

  ProfileFile file_at(const std::string& path) {
    ProfileFile file;
    file.name = "motd";
    file.destination = "/etc/motd";
    file.content.path = path;
    return file;
  }
};

TEST_F(LocalFileTest, IsHashedWithItsTime) {
  const std::string path = path_join(folder_.path(), "motd");
  write_file_atomically(path, k_text);
  const Resolved<LockedFile> found = resolve_file(file_at("motd"), context_);
  EXPECT_EQ(found.value.blob.digest, k_digest);
  EXPECT_EQ(found.value.blob.path, "motd");
  EXPECT_EQ(found.value.placed.path, "files/motd");
  EXPECT_EQ(found.newest, file_status(path)->mtime);
}

TEST_F(LocalFileTest, WhatIsNotThereOrOther) {
  EXPECT_EQ(error_of([&] { resolve_file(file_at("none"), context_); }),
            cat("error: cannot read '", folder_.path(), "/none' for file 'motd': No such file or directory\n"));
  EXPECT_EQ(error_of([&] { resolve_file(file_at("blobs"), context_); }),
            cat("error: cannot read '", folder_.path(), "/blobs' for file 'motd': it is not a file\n"));
  write_file_atomically(path_join(folder_.path(), "motd"), k_text);
  ProfileFile file = file_at("motd");
  file.content.size = 5;
  EXPECT_EQ(error_of([&] { resolve_file(file, context_); }), "error: file 'motd' has another size: expected 5 bytes, found 19\n");
  file.content.sha256 = Digest{};
  EXPECT_EQ(error_of([&] { resolve_file(file, context_); }),
            cat("error: file 'motd' has other content: expected ", Digest{}.named(), ", found ", k_digest.named(), "\n"));
}

TEST_F(LocalFileTest, ATextTravelsInTheLock) {
  ProfileFile file = file_at("");
  file.content.text = k_text;
  const LockedBlob blob = resolve_file(file, context_).value.blob;
  EXPECT_EQ(blob.digest, k_digest);
  cache_.forget(k_digest);
  fetch_url_blob(blob, "file 'motd'", context_);
  EXPECT_EQ(read_file(cache_.blob_path(k_digest), 100), k_text);
}

TEST(DataUrl, ThereAndBack) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("\0\xff\n", 3)})
    EXPECT_EQ(read_data_url(data_url(text)), text);
  for (const char* other : {"", "data:,x", "https://x", "data:application/octet-stream;base64,%%"})
    EXPECT_FALSE(read_data_url(other)) << other;
}

}  // namespace
}  // namespace rootcellar
