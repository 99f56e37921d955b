// Digests, zstd frames, BLAKE2b, relative paths, and the plain streams.
#include <gtest/gtest.h>

#include "bundle/base/blake2b.h"
#include "bundle/base/digest.h"
#include "bundle/base/io.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

Bytes patterned(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    bytes[i] = i % 64 < 40 ? static_cast<std::uint8_t>('a' + i % 7) : static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

TEST(Digest, VectorsOfFips180) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).named(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, NamesRoundTripAndNothingElseParses) {
  const Digest digest = sha256(as_bytes("x"));
  EXPECT_EQ(Digest::from_hex(digest.hex()), digest);
  EXPECT_EQ(Digest::from_named(digest.named()), digest);
  EXPECT_EQ(Digest::from_named(digest.hex()), std::nullopt);
  EXPECT_EQ(Digest::from_hex(digest.hex().substr(1)), std::nullopt);
  EXPECT_EQ(Digest::from_hex(digest.hex() + "00"), std::nullopt);
  EXPECT_EQ(Digest::from_named("sha512:" + digest.hex()), std::nullopt);
}

TEST(Digest, HashingSourceHashesWhatPasses) {
  const Bytes bytes = patterned(700'001);
  MemorySource memory(bytes);
  HashingSource source(memory);
  NullSink sink;
  EXPECT_EQ(copy(source, sink), bytes.size());
  EXPECT_EQ(source.size(), bytes.size());
  EXPECT_EQ(source.finish(), sha256(bytes));
}

TEST(Crc32c, VectorsOfRfc3720) {
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(Bytes(32, 0xFF)), 0x62A8AB43u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
}

TEST(Crc32c, ContinuesFromASeed) {
  const Bytes bytes = patterned(1001);
  for (std::size_t cut = 0; cut <= 33; ++cut)
    EXPECT_EQ(crc32c(ByteView(bytes).subspan(cut), crc32c(ByteView(bytes).first(cut))), crc32c(bytes));
}

TEST(Blake2b, VectorOfRfc7693) {
  std::uint8_t out[64];
  blake2b(as_bytes("abc"), out);
  EXPECT_EQ(
      hex_encode(out),
      "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Blake2b, EveryLengthAroundTheBlock) {
  // n letters 'a' through coreutils' `b2sum -l 256`.
  const std::pair<std::size_t, std::string_view> k_vectors[] = {{0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
                                                                {1, "8928aae63c84d87ea098564d1e03ad813f107add474e56aedd286349c0c03ea4"},
                                                                {127, "59e2f1aba240f20aa591016f5ef429990bc9c2131dcd0d30f0ffd75ed18f317d"},
                                                                {128, "ae2aa48507885c4c950fb809b2076f959cde9f8ea6da260d9a3587df33dac450"},
                                                                {129, "2f64744a6de0d2c0b56e64cf6e29a5aaa255010d415d51c75ccc82f73dccd865"},
                                                                {256, "eae4d3a7627549b383179dc18049964f91a6fed14c9f3fb26705eda3eeda5558"},
                                                                {257, "496943de3c8b1458635ee30c15bb26cede6957abdd28f0a860cdaf967116c747"}};
  for (const auto& [size, expected] : k_vectors) {
    std::uint8_t out[32];
    blake2b(Bytes(size, 'a'), out);
    EXPECT_EQ(hex_encode(out), expected) << size;
  }
}

TEST(Io, ReadAllStopsAtTheLimit) {
  const Bytes bytes(1000, 7);
  MemorySource exact(bytes);
  EXPECT_EQ(read_all(exact, "the answer", 1000), bytes);
  MemorySource beyond(bytes);
  EXPECT_EQ(error_text([&] { read_all(beyond, "the answer", 999); }), "error: the answer is larger than the limit of 999 B\n");
}

TEST(Io, ReadFullTakesShortReadsTogether) {
  class OneByOne final : public Source {
   public:
    std::size_t read(std::span<std::uint8_t> into) override {
      if (left_ == 0 || into.empty()) return 0;
      into[0] = static_cast<std::uint8_t>(left_--);
      return 1;
    }

   private:
    int left_ = 3;
  };
  OneByOne source;
  std::uint8_t into[5] = {};
  EXPECT_EQ(read_full(source, into), 3u);
  EXPECT_EQ(into[0], 3);
  EXPECT_EQ(into[2], 1);
}

TEST(Io, TeeAndFunctionSinksSeeEverything) {
  MemorySink first("first", 10);
  std::string second;
  FunctionSink function([&](ByteView bytes) { second += as_text(bytes); });
  TeeSink tee(first, function);
  tee.write(as_bytes("ab"));
  tee.write(as_bytes("c"));
  EXPECT_EQ(as_text(first.bytes()), "abc");
  EXPECT_EQ(second, "abc");
}

TEST(RelPath, AcceptsOnlyWhatStaysInside) {
  for (const std::string_view good : {"a", "a/b", ".hidden", "a..b/c", "..a", "\xC3\xA4/b c"}) EXPECT_TRUE(RelPath::parse(good)) << good;
  const std::string long_name(256, 'x');
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("/a"), std::string_view("a/"), std::string_view("a//b"), std::string_view("."),
        std::string_view(".."), std::string_view("a/../b"), std::string_view("a/."), std::string_view("a\\b"), std::string_view("a\nb"),
        std::string_view("a\0b", 3), std::string_view("a\x7f"), std::string_view(long_name)}) {
    EXPECT_FALSE(RelPath::parse(bad)) << bad;
  }
}

TEST(RelPath, LimitsOfNameAndPath) {
  EXPECT_TRUE(RelPath::parse(std::string(255, 'x')));
  std::string path = "x";
  while (path.size() < 4096) path += "/x";
  EXPECT_FALSE(RelPath::parse(path));
  path.resize(4095);
  EXPECT_TRUE(RelPath::parse(path));
}

TEST(RelPath, PartsAndMessage) {
  const RelPath path = RelPath::require("a/b", "the name");
  EXPECT_EQ(path.name(), "b");
  EXPECT_EQ((path / "c").str(), "a/b/c");
  EXPECT_EQ(error_text([] { RelPath::require("../x", "the name"); }),
            "error: the name: expected a relative path without '.' and '..', found '../x'\n");
}

class ZstdSizes : public testing::TestWithParam<std::size_t> {};

TEST_P(ZstdSizes, RoundTripIsExactAndRepeatable) {
  const Bytes raw = patterned(GetParam());
  const Bytes frame = zstd_compress(raw, 3);
  EXPECT_EQ(zstd_compress(raw, 3), frame);
  Bytes back(raw.size());
  zstd_decompress(frame, back);
  EXPECT_EQ(back, raw);
}
INSTANTIATE_TEST_SUITE_P(, ZstdSizes, testing::Values(0, 1, 2, 1000, (1 << 20) - 1, (1 << 20) + 1, 8 << 20));

TEST(Zstd, EqualInputsGiveEqualFramesWhateverRanBefore) {
  const Bytes raw = patterned(300'000);
  const Bytes first = zstd_compress(raw, 5);
  zstd_compress(patterned(2'000'000), 9);
  EXPECT_EQ(zstd_compress(raw, 5), first);
}

TEST(Zstd, RefusesAnotherSize) {
  const Bytes frame = zstd_compress(patterned(1000), 3);
  Bytes small(999), large(1001);
  EXPECT_EQ(error_text([&] { zstd_decompress(frame, small); }), "error: damaged zstd frame: expected 999 bytes, found 1000\n");
  EXPECT_EQ(error_text([&] { zstd_decompress(frame, large); }), "error: damaged zstd frame: expected 1001 bytes, found 1000\n");
}

TEST(Zstd, RefusesATailAndASecondFrame) {
  Bytes frame = zstd_compress(patterned(1000), 3);
  const std::size_t size = frame.size();
  frame.push_back(0);
  Bytes raw(1000);
  EXPECT_EQ(error_text([&] { zstd_decompress(frame, raw); }),
            cat("error: damaged zstd frame: expected a frame of ", size + 1, " bytes, found ", size, "\n"));
  frame.pop_back();
  frame.insert(frame.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
  EXPECT_EQ(error_text([&] { zstd_decompress(frame, raw); }),
            cat("error: damaged zstd frame: expected a frame of ", 2 * size, " bytes, found ", size, "\n"));
}

TEST(Zstd, TruncatedAtEveryByteIsRefused) {
  const Bytes frame = zstd_compress(patterned(300), 3);
  Bytes raw(300);
  for (std::size_t length = 0; length < frame.size(); ++length) {
    EXPECT_THROW(zstd_decompress(ByteView(frame).first(length), raw), InputError) << length;
  }
}

TEST(Zstd, FlippedBytesNeverLeaveTheBuffer) {
  const Bytes good = zstd_compress(patterned(300), 3);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes frame = good;
    frame[i] ^= 0xFF;
    Bytes raw(300);
    try {
      zstd_decompress(frame, raw);
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10u);  // the rest are other texts of the same length; the digest above tells them
}

TEST(Zstd, RefusesSkippableAndEmpty) {
  const Bytes skippable{0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 0};
  Bytes raw(1);
  EXPECT_EQ(error_text([&] { zstd_decompress(skippable, raw); }), "error: damaged zstd frame: it has no frame header\n");
  EXPECT_EQ(error_text([&] { zstd_decompress({}, raw); }), "error: damaged zstd frame: it has no frame header\n");
}

}  // namespace
}  // namespace rootcellar
