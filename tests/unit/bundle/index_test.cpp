#include "bundle/index.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"
#include "bundle/index_check.h"
#include "bundle/limits.h"
#include "bundle/wire.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

Index sample() {
  Index index;
  index.frames = {{900, 1000, digest_of("f0"), Codec::zstd, 0, 1}, {500, 500, digest_of("f1"), Codec::stored, 0, 2}};
  index.chunks = {{400}, {600}, {500}};
  index.blobs = {{digest_of("layer"), 1400, BlobMode::file, {{0, 1}, {0, 2}}},
                 {digest_of("manifest"), 500, BlobMode::asis, {{2, 1}}},
                 {digest_of("empty"), 0, BlobMode::asis, {}}};
  index.images = {{"docker.io/library/nginx",
                   {"1.22", "latest"},
                   digest_of("manifest"),
                   {{digest_of("manifest"), "application/x", {digest_of("empty"), digest_of("layer")}}}}};
  index.files = {{"apt/keyrings/debian.gpg", digest_of("empty"), 0}, {"files/a", digest_of("layer"), 1400}};
  index.appliance.title = "Lab";
  index.appliance.packages.sources = {{"debian", "http://deb.debian.org/debian", {"bookworm"}, {"main"}, "apt/keyrings/debian.gpg"}};
  index.appliance.packages.files = {{"a", "1-1", "amd64", "files/a", 1400, 5000}};
  index.appliance.files = {{"a", "files/a", "/usr/local/bin/a", 0755, "root", "root"}};
  index.appliance.checks = {{"runs", "run", {"/bin/true"}, "", "", 60}};
  return index;
}

std::string refusal(const Index& index) {
  return test::error_of([&] { decode_index(encode_index(index), "X"); });
}

TEST(Index, ComesBackAsItWas) {
  std::string raw = encode_index(sample());
  Index index = decode_index(raw, "X");
  EXPECT_EQ(encode_index(index), raw);
  EXPECT_EQ(index.frames[1].volume, 2u);
  EXPECT_EQ(index.blobs[0].extents[1].count, 2u);
  EXPECT_EQ(index.images[0].tags[1], "latest");
  EXPECT_EQ(index.appliance.files[0].mode, 0755u);
  EXPECT_EQ(encode_index(decode_index(encode_index({}), "X")), encode_index({}));
}

TEST(Index, PiecesFollowFromSizes) {
  Index index = sample();
  IndexMap map(index);
  auto pieces = map.pieces(index.blobs[0]);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].size, 400u);
  EXPECT_EQ(pieces[1].offset, 0u);
  EXPECT_EQ(pieces[1].size, 1000u);
  EXPECT_EQ(map.frame_offset(0), 4096u);
  EXPECT_EQ(map.frame_offset(1), 4096u);
  EXPECT_EQ(map.volume_payload(1), 900u);
  EXPECT_EQ(map.volume_payload(3), 0u);
}

TEST(Index, CutAnywhereIsRefused) {
  std::string raw = encode_index(sample());
  for (std::size_t size = 0; size < raw.size(); ++size)
    EXPECT_EQ(test::code_of([&] { decode_index(raw.substr(0, size), "X"); }), ExitCode::input) << size;
}

/// A changed byte is refused, or is another index that reads back as itself: there is one way to write each index.
TEST(Index, AChangedByteNeverReadsAsTheSame) {
  std::string raw = encode_index(sample());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    for (int change : {0x01, 0x80, 0xff}) {
      std::string changed = raw;
      changed[i] = static_cast<char>(changed[i] ^ change);
      std::optional<Index> index;
      ExitCode code = test::code_of([&] { index = decode_index(changed, "X"); });
      EXPECT_TRUE(index ? encode_index(*index) == changed : code == ExitCode::input) << i;
    }
  }
}

TEST(Index, FaultsAreNamed) {
  const std::pair<void (*)(Index&), std::string_view> cases[] = {
      {[](Index& i) { i.frames[0].raw_size = 0; }, "error: X: frame 0 is empty\n"},
      {[](Index& i) { i.frames[0].stored_size = 1001; }, "error: X: frame 0 is stored in more bytes than it has\n"},
      {[](Index& i) { i.frames[1].stored_size = 499; }, "error: X: frame 1 is not compressed but has two sizes\n"},
      {[](Index& i) { i.frames[1].filter = 1; }, "error: X: frame filter 1 is unknown to this version (byte 5 of section FRAM)\n"},
      {[](Index& i) { i.frames[1].codec = static_cast<Codec>(2); },
       "error: X: frame codec 2 is unknown to this version (byte 3 of section FRAM)\n"},
      {[](Index& i) { i.frames[1].volume = 3; }, "error: X: a volume without frames (byte 80 of section FRAM)\n"},
      {[](Index& i) { i.chunks[2].size = 501; }, "error: X: the chunks have 1501 bytes, the frames 1500\n"},
      {[](Index& i) { i.chunks[0].size = 500, i.chunks[1].size = 501, i.chunks[2].size = 499; },
       "error: X: chunk 1 crosses the end of frame 0\n"},
      {[](Index& i) { i.chunks[0].size = 1000, i.chunks[1].size = 0; }, "error: X: chunk 1 is empty\n"},
      {[](Index& i) { i.blobs[0].extents[0].first = 3; }, "error: X: an extent begins outside the chunks (byte 110 of section BLOB)\n"},
      {[](Index& i) { i.blobs[0].extents[1].count = 4; }, "error: X: expected a number up to 3, found 4 (byte 113 of section BLOB)\n"},
      {[](Index& i) { i.blobs[0].extents[1].count = 0; }, "error: X: an extent without chunks (byte 113 of section BLOB)\n"},
      {[](Index& i) { i.blobs[1].size = 499; },
       "error: X: blob sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f has 499 bytes, its extents 500\n"},
      {[](Index& i) { i.images[0].repository = "../x"; }, "error: X: image '../x' is not a repository name\n"},
      {[](Index& i) { i.images[0].tags[0] = "a/b"; }, "error: X: image 'docker.io/library/nginx' has a tag that is none: 'a/b'\n"},
      {[](Index& i) { i.images[0].tags[0] = "zzz"; }, "error: X: image 'docker.io/library/nginx': its tags are not sorted\n"},
      {[](Index& i) { i.images[0].digest = digest_of("layer"); },
       "error: X: image 'docker.io/library/nginx' does not begin with its own manifest\n"},
      {[](Index& i) { i.images.push_back(i.images[0]); }, "error: X: its images are not sorted\n"},
      {[](Index& i) { i.files[1].path = "/etc/passwd"; }, "error: X: file '/etc/passwd' is not a relative path\n"},
      {[](Index& i) { std::swap(i.files[0], i.files[1]); }, "error: X: its files are not sorted\n"},
      {[](Index& i) { i.files[1].size = 1; }, "error: X: file 'files/a' has 1 bytes, its blob 1400\n"},
      {[](Index& i) { i.appliance.files[0].path = "files/b"; },
       "error: X: placed file 'a' needs file 'files/b', which the bundle does not have\n"},
      {[](Index& i) { i.appliance.packages.files[0].path = "files/b"; },
       "error: X: package 'a' needs file 'files/b', which the bundle does not have\n"},
      {[](Index& i) { i.appliance.packages.sources[0].keyring = "k"; },
       "error: X: apt source 'debian' needs file 'k', which the bundle does not have\n"},
  };
  for (const auto& [change, expected] : cases) {
    Index index = sample();
    change(index);
    EXPECT_EQ(refusal(index), expected);
  }
}

TEST(Index, ReferencesMustBeThere) {
  Index index = sample();
  index.images[0].manifests[0].blobs[0] = Digest{};
  EXPECT_EQ(refusal(index),
            cat("error: X: image 'docker.io/library/nginx' needs sha256:", std::string(64, '0'), ", which the bundle does not have\n"));
}

TEST(Index, BlobsMayNotGoBackToAnEarlierVolume) {
  Index index = sample();
  std::swap(index.blobs[0], index.blobs[1]);
  EXPECT_EQ(refusal(index), cat("error: X: blob ", digest_of("layer").named(), " goes back to volume 1\n"));
}

TEST(Index, UnknownSectionsInLowerCaseArePassedOverOthersRefused) {
  std::string raw = encode_index(sample());
  WireWriter more;
  more.raw("anything");
  WireWriter optional, critical;
  optional.section("note", more);
  critical.section("PRTY", more);
  std::size_t after_magic = 8;
  EXPECT_EQ(encode_index(decode_index(raw + optional.bytes(), "X")), raw);
  EXPECT_EQ(encode_index(decode_index(std::string(raw).insert(after_magic, optional.bytes()), "X")), raw);
  EXPECT_EQ(test::error_of([&] { decode_index(raw + critical.bytes(), "X"); }),
            cat("error: X: section 'PRTY' is unknown to this version (byte ", raw.size() + 4, " of the index)\n"));
  EXPECT_EQ(test::error_of([&] { decode_index(std::string(raw).insert(after_magic, critical.bytes()), "X"); }),
            "error: X: expected section 'FRAM', found 'PRTY' (byte 21 of the index)\n");
}

TEST(Index, NumbersHaveOneForm) {
  for (std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{16383}, std::uint64_t{16384}, UINT64_MAX}) {
    WireWriter out;
    out.varint(value);
    EXPECT_EQ(out.bytes().size(), varint_size(value));
    EXPECT_EQ(WireReader(out.bytes(), "X", "part").varint(), value);
  }
  EXPECT_EQ(test::error_of([] { WireReader(std::string_view("\x80\x00", 2), "X", "part").varint(); }),
            "error: X: a number is not in its shortest form (byte 2 of part)\n");
  EXPECT_EQ(test::error_of([] { WireReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "X", "part").varint(); }),
            "error: X: a number does not fit in 64 bits (byte 10 of part)\n");
  EXPECT_EQ(test::error_of([] { WireReader("\x80", "X", "part").varint(); }),
            "error: X: expected 1 more bytes, found 0 (byte 1 of part)\n");
  for (std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, INT64_MAX, INT64_MIN})
    EXPECT_EQ(unzigzag(zigzag(value)), value);
}

// ---- the appliance

TEST(Appliance, IsStrictJson) {
  Appliance appliance = sample().appliance;
  std::string json = encode_appliance(appliance);
  EXPECT_EQ(encode_appliance(decode_appliance(json, "X")), json);
  auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = json;
    changed.replace(changed.find(from), from.size(), to);
    return test::error_of([&] { decode_appliance(changed, "X"); });
  };
  EXPECT_EQ(with("\"title\":\"Lab\",", ""), "error: X: expected member 'title', found 'target'\n");
  EXPECT_EQ(with("\"title\":\"Lab\"", "\"title\":1"), "error: X: expected a text at 'title'\n");
  EXPECT_EQ(with("\"title\":\"Lab\"", "\"title\":\"L\\u0061b\""), "error: X: the text is not in canonical form\n");
  EXPECT_EQ(with("\"codename\":\"\"", "\"codename\":\"\",\"colour\":\"red\""), "error: X: unknown member 'target.colour'\n");
  EXPECT_EQ(with("\"mode\":493", "\"mode\":4096"), "error: X: expected a file mode up to 4095 at 'files[0].mode'\n");
  EXPECT_EQ(with("\"nvidia\":false", "\"nvidia\":0"), "error: X: expected true or false at 'runtime.nvidia'\n");
  EXPECT_EQ(with("\"install\":[]", "\"install\":{}"), "error: X: expected a list at 'packages.install'\n");
  EXPECT_EQ(with("\"size\":1400", "\"size\":-1"), "error: X: expected a number at 'packages.files[0].size'\n");
}

// ---- the bound

std::uint64_t stored_size(const std::vector<test::Blob>& blobs, std::uint64_t volume_size) {
  TemporaryDirectory folder("rc-bundle");
  test::build(folder.path(), blobs, {.volume_size = volume_size});  // refuses an index above the bound
  return test::open({folder.path()}).header().index_size;
}

std::uint64_t bound_of(const std::vector<test::Blob>& blobs) {
  IndexBoundInput input;
  for (const test::Blob& blob : blobs) input.blobs.emplace_back(blob.bytes.size(), blob.mode);
  return bound_index_size(input);
}

std::vector<test::Blob> tar_of_members(std::size_t size, std::size_t count, bool repeat) {
  std::vector<test::TarMember> members;
  for (std::size_t i = 0; i < count; ++i) members.push_back({cat("m", i * 7919 % count), test::noise(size, repeat ? i % 3 : i)});
  return {{test::make_tar(members), BlobMode::file}};
}

/// Inputs made to have as many chunks, extents, frames and blobs as possible.
TEST(IndexBound, HoldsForTheWorstInputs) {
  std::vector<std::vector<test::Blob>> inputs = {tar_of_members(limits::k_member_cut, 500, false),
                                                 tar_of_members(limits::k_member_cut, 500, true),
                                                 tar_of_members(limits::k_chunk_min + 1, 300, true), tar_of_members(1, 2000, false)};
  std::vector<test::Blob> tiny, alternating, edge;
  for (std::uint64_t i = 0; i < 2000; ++i) tiny.push_back({test::noise(9, i), BlobMode::file});
  for (std::uint64_t i = 0; i < 500; ++i) alternating.push_back({test::noise(300, i), i % 2 ? BlobMode::file : BlobMode::asis});
  for (std::uint64_t i = 0; i < 40; ++i) edge.push_back({test::noise(limits::k_chunk_max + 1, i), BlobMode::file});
  inputs.insert(inputs.end(), {tiny, alternating, edge});
  for (const auto& blobs : inputs) {
    for (std::uint64_t volume_size : {std::uint64_t{2} << 20, limits::k_volume_size}) EXPECT_GT(stored_size(blobs, volume_size), 0u);
  }
}

TEST(IndexBound, IsNotWasteful) {
  EXPECT_LT(bound_of({{Bytes(100 << 20), BlobMode::asis}}), 64u << 10);
  EXPECT_LT(bound_of({{Bytes(100 << 20), BlobMode::file}}), 320u << 10);
}

}  // namespace
}  // namespace rootcellar
