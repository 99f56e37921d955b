#include "bundle/chunker.h"

#include <gtest/gtest.h>

#include <numeric>

#include "bundle/base/digest.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

std::vector<std::size_t> chunk_sizes(ByteView bytes, std::size_t step) {
  std::vector<std::size_t> sizes;
  std::size_t at = 0;
  Chunker chunker([&](ByteView chunk) {
    EXPECT_TRUE(std::equal(chunk.begin(), chunk.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)));
    EXPECT_LE(chunk.size(), limits::k_chunk_max);
    sizes.push_back(chunk.size());
    at += chunk.size();
  });
  for (std::size_t i = 0; i < bytes.size(); i += step) chunker.write(bytes.subspan(i, std::min(step, bytes.size() - i)));
  chunker.finish();
  EXPECT_EQ(at, bytes.size());
  return sizes;
}

TEST(Gear, IsTheTableOfTheSpecification) {
  EXPECT_EQ(hex_encode(ByteView(sha256(as_bytes("rootcellar gear 0")).bytes).first(8)), "ecc72307bb8e296f");
  EXPECT_EQ(gear_table()[0], 0x6f298ebb0723c7ecULL);
  std::uint64_t all = 0;
  for (std::uint64_t entry : gear_table()) all = all * 31 + entry;
  EXPECT_EQ(all, 11693738626826265504ULL);
}

TEST(Chunker, TheCutsOfAKnownStreamNeverChange) {
  EXPECT_EQ(chunk_sizes(test::noise(600000, 1), 600000),
            (std::vector<std::size_t>{108738, 133126, 38685, 66764, 27036, 74683, 99038, 51930}));
}

TEST(Chunker, CutsDoNotDependOnHowBytesArrive) {
  Bytes tar = test::make_tar(
      {{"a", test::noise(100000, 1)}, {"b", test::prose(20, 2)}, {"c", test::prose(700000, 3)}, {"d", test::noise(8192, 4)}});
  for (const Bytes& bytes : {tar, test::noise(900000, 5), test::prose(300000, 6), Bytes(1000000), Bytes(1), Bytes()}) {
    auto whole = chunk_sizes(bytes, std::max<std::size_t>(bytes.size(), 1));
    for (std::size_t step : {std::size_t{1000}, std::size_t{4096}, std::size_t{262144}}) EXPECT_EQ(chunk_sizes(bytes, step), whole) << step;
  }
}

TEST(Chunker, SizesGatherAroundTheAverage) {
  auto sizes = chunk_sizes(test::noise(16 << 20, 9), 1 << 20);
  std::size_t average = (16 << 20) / sizes.size();
  EXPECT_GT(average, 48u << 10);
  EXPECT_LT(average, 96u << 10);
}

TEST(Chunker, ZeroesMakeTheLargestChunks) {
  EXPECT_EQ(chunk_sizes(Bytes(600000), 600000), (std::vector<std::size_t>{262144, 262144, 75712}));
}

TEST(Chunker, AMemberOfATarIsCutOutExactly) {
  Bytes data = test::noise(10000, 1);
  auto sizes = chunk_sizes(test::make_tar({{"small", {1, 2, 3}}, {"big", data}, {"small2", {4}}}), 512);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1536, 10240, 2048}));
}

TEST(Chunker, AFileInTwoTarsMakesTheSameChunks) {
  Bytes file = test::noise(500000, 3);
  auto first = chunk_sizes(test::make_tar({{"x", test::noise(1234, 1)}, {"f", file}}), 1 << 20);
  auto second = chunk_sizes(test::make_tar({{"f", file}, {"y", test::noise(99999, 2)}}), 1 << 20);
  first.erase(first.begin());
  second.erase(second.begin());
  first.pop_back();
  ASSERT_LT(first.size(), second.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
}

// ---- the walker

std::vector<std::uint64_t> cuts_of(ByteView bytes) {
  TarWalker walker;
  std::vector<std::uint64_t> cuts;
  walker.feed(bytes, cuts);
  return cuts;
}

TEST(TarWalker, KnowsWhereLargeMembersAre) {
  Bytes tar = test::make_tar({{"a", Bytes(8191)}, {"b", Bytes(8192)}, {"c", Bytes(8193)}});
  EXPECT_EQ(cuts_of(tar), (std::vector<std::uint64_t>{512 + 8192 + 512, 512 + 8192 + 512 + 8192, 512 + 8192 + 512 + 8192 + 512,
                                                      512 + 8192 + 512 + 8192 + 512 + 8704}));
}

TEST(TarWalker, LinksHaveNoDataWhateverTheirSizeSays) {
  Bytes tar = test::make_tar({{"link", {}, '1'}, {"b", Bytes(8192)}});
  tar[124 + 9] = '7';  // size of the link
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : tar[i];
  for (std::size_t i = 6; i > 0; --i, sum /= 8) tar[148 + i - 1] = static_cast<std::uint8_t>('0' + sum % 8);
  EXPECT_EQ(cuts_of(tar), (std::vector<std::uint64_t>{1024, 1024 + 8192}));
}

std::string record(std::string_view key, std::string_view value) {
  for (std::size_t length = 1;; ++length) {
    std::string made = cat(length, ' ', key, '=', value, '\n');
    if (made.size() == length) return made;
  }
}

/// A pax header with these records, then a file of 9000 bytes that says it is empty, then one of 8192 bytes.
Bytes tar_with_records(const std::string& records, char type = 'x') {
  Bytes tar = test::make_tar({{"pax", Bytes(records.begin(), records.end()), type}, {"big", {}}});
  tar.erase(tar.end() - 1024, tar.end());
  tar.insert(tar.end(), 9216, 7);
  Bytes rest = test::make_tar({{"after", Bytes(8192)}});
  tar.insert(tar.end(), rest.begin(), rest.end());
  return tar;
}

TEST(TarWalker, BelievesThePaxHeaderAboutTheSize) {
  std::string records = cat(record("mtime", "1.5"), record("size", "9000"), record("path", "size=1"));
  std::vector<std::uint64_t> cuts{1536, 1536 + 9216, 1536 + 9216 + 512, 1536 + 9216 + 512 + 8192};
  Bytes tar = tar_with_records(records);
  EXPECT_EQ(cuts_of(tar), cuts);
  TarWalker walker;
  std::vector<std::uint64_t> found;
  for (std::uint8_t byte : tar) walker.feed({&byte, 1}, found);
  EXPECT_EQ(found, cuts);
  EXPECT_TRUE(walker.following());
}

TEST(TarWalker, KnowsMembersLargerThanAnOrdinaryHeaderCanSay) {
  Bytes tar = tar_with_records(record("size", "20000000000"));
  EXPECT_EQ(cuts_of(tar), (std::vector<std::uint64_t>{1536, 1536 + 20000000000}));
}

TEST(TarWalker, TakesNothingFromRecordsItCannotRead) {
  const std::string bad[] = {"",
                             "size=9000\n",
                             "12 size=9000\n",
                             "99 size=9000\n",
                             "0 size=9000\n",
                             "3 \n13 size=9000",
                             record("size", "-9000"),
                             record("size", ""),
                             record("size", "99999999999999999999"),
                             record("size", "2305843009213693952"),
                             record("sized", "9000"),
                             cat(std::string(70000, ' '), record("size", "9000"))};
  for (const std::string& records : bad) {
    TarWalker walker;
    std::vector<std::uint64_t> cuts;
    walker.feed(tar_with_records(records), cuts);
    EXPECT_FALSE(walker.following()) << records;
  }
  EXPECT_EQ(cuts_of(tar_with_records(record("size", "9000"), 'g')).size(), 0u);
}

TEST(TarWalker, FollowsNothingThatIsNoTar) {
  std::vector<std::uint64_t> cuts;
  for (Bytes bytes : {test::noise(1024, 1), test::prose(1024, 1), Bytes(1024)}) {
    TarWalker walker;
    walker.feed(bytes, cuts);
    EXPECT_FALSE(walker.following());
  }
  EXPECT_TRUE(cuts.empty());
}

TEST(TarWalker, StopsWhereTheTarIsBroken) {
  Bytes tar = test::make_tar({{"a", Bytes(8192)}, {"b", Bytes(8192)}});
  tar[512 + 8192 + 3] ^= 1;
  EXPECT_EQ(cuts_of(tar), (std::vector<std::uint64_t>{512, 512 + 8192}));
}

}  // namespace
}  // namespace rootcellar
