#include "bundle/header.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/unit/bundle/bundle_fixture.h"

namespace rootcellar {
namespace {

Header complete() {
  Header header = test::facts();
  header.index_digest = sha256(as_bytes("index"));
  header.index_size = 100;
  header.index_raw = 200;
  header.frames = 7;
  header.payload = 12345;
  header.volumes = 2;
  header.zstd = "1.5.4";
  return header;
}

constexpr std::string_view k_text =
    "rootcellar-1\n"
    "product: lab\n"
    "variant: cpu\n"
    "architecture: amd64\n"
    "serial: 3\n"
    "created: 2026-11-21T06:03:00Z\n"
    "expires: 2027-11-21T06:03:00Z\n"
    "installer-min: 0.1.0\n"
    "base: none\n"
    "index-sha256: 1bc04b5291c26a46d918139138b992d2de976d6851d0893b0476b85bfbdfc6e6\n"
    "index-size: 100\n"
    "index-raw: 200\n"
    "frames: 7\n"
    "payload: 12345\n"
    "volumes: 2\n"
    "zstd: 1.5.4\n"
    "builder: 0.1.0\n";

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(k_text);
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string refusal(std::string_view text) {
  return test::error_of([&] { decode_header(text, "X"); });
}

TEST(Header, IsOneCanonicalText) {
  EXPECT_EQ(encode_header(complete()), k_text);
  EXPECT_EQ(decode_header(k_text, "X"), complete());
}

TEST(Header, NamesFollowFromIt) {
  EXPECT_EQ(bundle_name(complete()), "lab-cpu-3-amd64");
  EXPECT_EQ(volume_file_name(complete(), 1), "lab-cpu-3-amd64.v01.cellar");
  EXPECT_EQ(volume_file_name(complete(), 12), "lab-cpu-3-amd64.v12.cellar");
  EXPECT_EQ(volume_file_name(complete(), 123), "lab-cpu-3-amd64.v123.cellar");
  EXPECT_EQ(bundle_id(k_text), sha256(as_bytes(k_text)).hex().substr(0, 32));
  EXPECT_EQ(trusted_comment(complete()), cat("rootcellar lab-cpu serial 3 arch amd64 expires 2027-11-21T06:03:00Z id ", bundle_id(k_text)));
}

TEST(Header, TheLongestOneFits) {
  Header header = complete();
  header.product = header.variant = header.architecture = std::string(32, 'a');
  header.installer_min = header.zstd = header.builder = std::string(32, '9');
  header.serial = UINT64_MAX;
  header.base = std::string(32, 'f');
  header.index_size = limits::k_index_stored;
  header.index_raw = limits::k_index_raw;
  header.frames = limits::k_frames;
  header.payload = limits::k_payload;
  header.volumes = limits::k_volumes;
  std::string text = encode_header(header);
  EXPECT_LE(text.size(), limits::k_header_text);
  EXPECT_LE(trusted_comment(header).size(), limits::k_trusted_comment);
  EXPECT_EQ(decode_header(text, "X"), header);
}

TEST(Header, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < k_text.size(); ++size)
    EXPECT_EQ(test::code_of([&] { decode_header(k_text.substr(0, size), "X"); }), ExitCode::input) << size;
}

/// A changed byte is refused, or is another header: never the same one.
TEST(Header, AChangedByteNeverReadsAsTheSame) {
  for (std::size_t i = 0; i < k_text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string text(k_text);
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
      std::optional<Header> header;
      ExitCode code = test::code_of([&] { header = decode_header(text, "X"); });
      EXPECT_TRUE(!header || encode_header(*header) == text) << i;
      EXPECT_TRUE(header ? *header != complete() : code == ExitCode::input) << i;
    }
  }
}

TEST(Header, FaultsAreNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "error: X: header line 1: expected 'rootcellar-1' and a line end, found ''\n"},
      {replaced("rootcellar-1", "rootcellar-2"), "error: X: header line 1: expected 'rootcellar-1', found 'rootcellar-2'\n"},
      {replaced("product: lab", "product: Lab"),
       "error: X: header line 2: expected product to be 1 to 32 of a-z, 0-9 and '-', found 'Lab'\n"},
      {replaced("product: lab", "product: -lab"),
       "error: X: header line 2: expected product to be 1 to 32 of a-z, 0-9 and '-', found '-lab'\n"},
      {replaced("variant: cpu\n", ""), "error: X: header line 3: expected 'variant: ...', found 'architecture: amd64'\n"},
      {replaced("serial: 3", "serial: 03"), "error: X: header line 5: expected serial to be a number within its limit, found '03'\n"},
      {replaced("serial: 3", "serial: 18446744073709551616"),
       "error: X: header line 5: expected serial to be a number within its limit, found '18446744073709551616'\n"},
      {replaced("06:03:00Z\nexp", "06:03:60Z\nexp"),
       "error: X: header line 6: expected created to be a time like 2026-11-21T06:03:00Z, found '2026-11-21T06:03:60Z'\n"},
      {replaced("installer-min: 0.1.0", "installer-min: "), "error: X: header line 8: expected installer-min to be a version, found ''\n"},
      {replaced("base: none", "base: nobody"), "error: X: header line 9: expected base to be 'none' or 32 hex digits, found 'nobody'\n"},
      {replaced("1bc0", "1BC0"),
       "error: X: header line 10: expected index-sha256 to be 64 hex digits, found "
       "'1BC04b5291c26a46d918139138b992d2de976d6851d0893b0476b85bfbdfc6e6'\n"},
      {replaced("index-size: 100", "index-size: 67108865"),
       "error: X: header line 11: expected index-size to be a number within its limit, found '67108865'\n"},
      {replaced("index-raw: 200", "index-raw: 268435457"),
       "error: X: header line 12: expected index-raw to be a number within its limit, found '268435457'\n"},
      {replaced("frames: 7", "frames: 4194305"),
       "error: X: header line 13: expected frames to be a number within its limit, found '4194305'\n"},
      {replaced("volumes: 2", "volumes: 0"), "error: X: header line 15: expected volumes to be a number within its limit, found '0'\n"},
      {replaced("volumes: 2", "volumes: 1000"),
       "error: X: header line 15: expected volumes to be a number within its limit, found '1000'\n"},
      {replaced("volumes: 2", "volumes: 2\r"),
       "error: X: header line 15: expected volumes to be a number within its limit, found '2\\x0d'\n"},
      {cat(k_text, "more\n"), "error: X: header line 18: expected the end, found 'more'\n"},
      {std::string(2045, 'a'), "error: X: the header has 2045 bytes, at most 2044 are allowed\n"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected);
}

}  // namespace
}  // namespace rootcellar
