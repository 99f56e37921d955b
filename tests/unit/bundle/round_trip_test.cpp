#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/index_check.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

using test::Blob;

std::vector<Blob> some_blobs() {
  Bytes library = test::noise(300000, 7);
  return {
      {{}, BlobMode::asis},
      {{}, BlobMode::file},
      {{'x'}, BlobMode::file},
      {{'y'}, BlobMode::asis},
      {test::noise(3000000, 1), BlobMode::asis},
      {test::make_tar({{"a", test::prose(9000000, 2)}, {"lib", library}, {"tiny", {'z'}}}), BlobMode::file},
      {test::make_tar({{"b", test::prose(500000, 3)}, {"lib", library}}), BlobMode::file},
      {test::noise(limits::k_frame_raw, 4), BlobMode::asis},
      {test::noise(limits::k_frame_raw + 1, 5), BlobMode::asis},
      {test::prose(70000, 6), BlobMode::file},
  };
}

void expect_delivers(Bundle& bundle, const std::vector<Blob>& blobs, unsigned jobs) {
  test::Collector collector;
  bundle.deliver(collector, jobs, silent_progress());
  for (const Blob& blob : blobs) EXPECT_TRUE(collector.blobs[sha256(blob.bytes)] == blob.bytes) << blob.bytes.size();
}

TEST(RoundTrip, EveryBlobComesBack) {
  TemporaryDirectory folder("rc-bundle");
  std::vector<Blob> blobs = some_blobs();
  test::build(folder.path(), blobs);
  Bundle bundle = test::open({folder.path()});
  EXPECT_EQ(bundle.header().product, "lab");
  EXPECT_EQ(bundle.verified().signers(), std::vector<std::string>{"key1"});
  EXPECT_EQ(bundle.missing_volumes(), std::vector<std::uint32_t>{});
  for (unsigned jobs : {1u, 2u, 8u}) expect_delivers(bundle, blobs, jobs);
  for (const Blob& blob : blobs)
    EXPECT_TRUE(bundle.read_small_blob(sha256(blob.bytes), 100000000) == as_text(blob.bytes)) << blob.bytes.size();
  VerifyReport report = bundle.verify_frames(2, silent_progress());
  EXPECT_EQ(report.frames, bundle.header().frames);
  EXPECT_EQ(report.bytes, bundle.header().payload);
  EXPECT_TRUE(report.damage.empty());
}

TEST(RoundTrip, ABundleMayBeEmpty) {
  TemporaryDirectory folder("rc-bundle");
  test::build(folder.path(), {});
  Bundle bundle = test::open({folder.path()});
  EXPECT_EQ(bundle.header().frames, 0u);
  EXPECT_EQ(bundle.header().volumes, 1u);
  expect_delivers(bundle, {}, 2);
  EXPECT_TRUE(bundle.verify_frames(2, silent_progress()).damage.empty());
}

TEST(RoundTrip, ManySmallVolumesInAnyPlaceAndOrder) {
  TemporaryDirectory folder("rc-bundle");
  std::vector<Blob> blobs = some_blobs();
  auto paths = test::build(folder.path(), blobs, {.volume_size = limits::k_min_volume_size});
  ASSERT_GT(paths.size(), 10u);
  for (const std::string& path : paths) EXPECT_LE(file_status(path)->size, limits::k_min_volume_size) << path;
  EXPECT_EQ(path_name(paths[9]), "lab-cpu-3-amd64.v10.cellar");
  make_directories(path_join(folder.path(), "other"));
  std::vector<std::string> places{path_join(folder.path(), "other"), folder.path()};
  for (std::size_t i = 0; i < paths.size(); i += 2)
    test::spill(path_join(places[0], path_name(paths[i])), test::slurp(paths[i])), remove_file(paths[i]);
  Bundle bundle = test::open(places);
  expect_delivers(bundle, blobs, 3);
}

TEST(RoundTrip, BlobsInOrderNeverGoBackToAnEarlierVolume) {
  TemporaryDirectory folder("rc-bundle");
  Bytes same = test::noise(200000, 1);
  std::vector<Blob> blobs;
  for (std::uint64_t i = 0; i < 30; ++i)
    blobs.push_back({test::make_tar({{"own", test::noise(150000, i + 2)}, {"same", same}}), BlobMode::file});
  test::build(folder.path(), blobs, {.volume_size = 2 << 20});
  Bundle bundle = test::open({folder.path()});
  const Index& index = bundle.index();
  ASSERT_GT(bundle.header().volumes, 2u);
  EXPECT_LT(bundle.header().payload, 30u * 170000u + 200000u * bundle.header().volumes);  // stored once in each volume
  IndexMap map(index);
  std::uint32_t volume = 1;
  for (const BlobEntry& blob : index.blobs) {
    for (const Piece& piece : map.pieces(blob)) {
      EXPECT_GE(index.frames[piece.frame].volume, volume);
      volume = index.frames[piece.frame].volume;
    }
  }
  expect_delivers(bundle, blobs, 2);
}

TEST(RoundTrip, TheSameBytesForAnyNumberOfJobs) {
  TemporaryDirectory one("rc-bundle"), eight("rc-bundle");
  auto first = test::build(one.path(), some_blobs(), {.volume_size = 3 << 20, .jobs = 1});
  auto second = test::build(eight.path(), some_blobs(), {.volume_size = 3 << 20, .jobs = 8});
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(test::slurp(first[i]) == test::slurp(second[i])) << first[i];
}

TEST(RoundTrip, UnwantedBlobsAreNotDelivered) {
  TemporaryDirectory folder("rc-bundle");
  std::vector<Blob> blobs = some_blobs();
  test::build(folder.path(), blobs);
  Bundle bundle = test::open({folder.path()});
  test::Collector collector;
  for (std::size_t i = 0; i < blobs.size(); i += 2) collector.unwanted.push_back(sha256(blobs[i].bytes));
  bundle.deliver(collector, 2, silent_progress());
  for (std::size_t i = 0; i < blobs.size(); ++i) EXPECT_EQ(collector.blobs.contains(sha256(blobs[i].bytes)), i % 2 == 1 && i != 1) << i;
}

TEST(RoundTrip, ARepeatedBlobIsStoredOnce) {
  TemporaryDirectory folder("rc-bundle");
  Bytes bytes = test::noise(100000, 1);
  test::build(folder.path(), {{bytes, BlobMode::asis}, {bytes, BlobMode::file}});
  Bundle bundle = test::open({folder.path()});
  EXPECT_EQ(bundle.index().blobs.size(), 1u);
  EXPECT_EQ(bundle.header().payload, bytes.size());
}

TEST(RoundTrip, WhatCompressesIsCompressedAndWhatDoesNotIsKept) {
  TemporaryDirectory folder("rc-bundle");
  test::build(folder.path(), {{test::prose(400000, 1), BlobMode::file}});
  EXPECT_EQ(test::open({folder.path()}).index().frames.at(0).codec, Codec::zstd);
  TemporaryDirectory other("rc-bundle");
  test::build(other.path(), {{test::noise(400000, 1), BlobMode::file}});
  EXPECT_EQ(test::open({other.path()}).index().frames.at(0).codec, Codec::stored);
}

TEST(RoundTrip, AKeptHeaderAndIndexAreEnoughToOpen) {
  TemporaryDirectory folder("rc-bundle");
  std::vector<Blob> blobs = some_blobs();
  test::build(folder.path(), blobs);
  Bundle bundle = test::open({folder.path()});
  TrustPolicy policy = test::trusting({&test::first_key()}, 1);
  Bundle kept = Bundle::open_kept(bundle.verified().text(), bundle.signatures(), bundle.stored_index(), policy, std::nullopt);
  EXPECT_EQ(kept.header(), bundle.header());
  EXPECT_EQ(kept.missing_volumes(), std::vector<std::uint32_t>{1});
  EXPECT_EQ(test::error_of([&] { kept.read_small_blob(sha256(blobs[2].bytes), 10); }),
            "error: volume 1 of 1 ('lab-cpu-3-amd64.v01.cellar') is in none of the places searched\n"
            "hint: plug in the medium that holds it and name it with --from\n");
  std::string index = bundle.stored_index();
  index[5] ^= 1;
  EXPECT_EQ(test::error_of([&] { Bundle::open_kept(bundle.verified().text(), bundle.signatures(), index, policy, std::nullopt); }),
            "error: cannot use the kept index: it is not what was signed\n"
            "hint: run the command again with the bundle at hand\n");
}

}  // namespace
}  // namespace rootcellar
