#include "bundle/base/text.h"

#include <gtest/gtest.h>

namespace rootcellar {
namespace {

TEST(Text, CatJoinsStringsCharactersAndNumbers) {
  EXPECT_EQ(cat("a", 'b', 7, std::string("c"), std::uint64_t{18446744073709551615u}), "ab7c18446744073709551615");
}

TEST(Text, SplitJoinTrim) {
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(join(std::vector<std::string>{"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, ParseU64TakesPlainDecimalOnly) {
  EXPECT_EQ(parse_u64("0"), 0u);
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615u);
  for (const std::string_view bad :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "1.0", "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(parse_u64(bad), std::nullopt) << bad;
  }
}

TEST(Text, ParseSize) {
  EXPECT_EQ(parse_size("123"), 123u);
  EXPECT_EQ(parse_size("64MiB"), 64u << 20);
  EXPECT_EQ(parse_size("64M"), 64u << 20);
  EXPECT_EQ(parse_size("4GiB"), std::uint64_t{4} << 30);
  EXPECT_EQ(parse_size("2TB"), 2000000000000u);
  EXPECT_EQ(parse_size("3kB"), 3000u);
  for (const std::string_view bad : {"", "M", "1.5G", "-1", "1 M", "1m", "1XB", "18446744073709551615K"})
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
}

TEST(Text, HumanSize) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 kB");
  EXPECT_EQ(human_size(1449), "1.4 kB");
  EXPECT_EQ(human_size(1450), "1.5 kB");
  EXPECT_EQ(human_size(999'949), "999.9 kB");
  EXPECT_EQ(human_size(999'950), "1.0 MB");
  EXPECT_EQ(human_size(4'294'901'760), "4.3 GB");
  EXPECT_EQ(human_size(18446744073709551615u), "18.4 EB");
}

TEST(Text, HumanDuration) {
  EXPECT_EQ(human_duration(0), "0 s");
  EXPECT_EQ(human_duration(59), "59 s");
  EXPECT_EQ(human_duration(60), "1 min");
  EXPECT_EQ(human_duration(250), "4 min 10 s");
  EXPECT_EQ(human_duration(7200), "2 h");
  EXPECT_EQ(human_duration(7530), "2 h 5 min");
}

TEST(Text, TimesRoundTrip) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(format_time(951782400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(parse_time("2026-11-21T06:03:00Z"), 1795240980);
  for (std::int64_t seconds = -62135596800; seconds < 253402300800; seconds += 86400 * 97 + 12345) {
    EXPECT_EQ(parse_time(format_time(seconds)), seconds);
  }
}

TEST(Text, ParseTimeRefusesWhatIsNoTime) {
  for (const std::string_view bad : {"", "2026-11-21", "2026-11-21T06:03:00", "2026-11-21T06:03:00+01", "2026-02-29T00:00:00Z",
                                     "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
                                     "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01t00:00:00Z", "x026-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
  }
}

TEST(Text, HexRoundTrip) {
  const std::vector<std::uint8_t> bytes{0x00, 0x7f, 0xff, 0x10};
  EXPECT_EQ(hex_encode(bytes), "007fff10");
  EXPECT_EQ(hex_decode("007fff10"), bytes);
  EXPECT_EQ(hex_decode(""), std::vector<std::uint8_t>{});
  for (const std::string_view bad : {"0", "0g", "FF", "0x"}) EXPECT_EQ(hex_decode(bad), std::nullopt) << bad;
}

TEST(Text, Base64VectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> k_vectors[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : k_vectors) {
    const std::vector<std::uint8_t> bytes(plain.begin(), plain.end());
    EXPECT_EQ(base64_encode(bytes), encoded);
    EXPECT_EQ(base64_decode(encoded), bytes);
  }
}

TEST(Text, Base64RefusesEverythingThatIsNotCanonical) {
  for (const std::string_view bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "Zg==Zg==", "Z g=", "Zm9\n", "Zm-v", "=m9v"}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

TEST(Text, DidYouMeanFindsSlipsOnly) {
  const std::vector<std::string> words{"install", "plan", "packages", "verify"};
  EXPECT_EQ(did_you_mean("instal", words), "install");
  EXPECT_EQ(did_you_mean("pakages", words), "packages");
  EXPECT_EQ(did_you_mean("vreify", words), "verify");
  EXPECT_EQ(did_you_mean("zzz", words), std::nullopt);
  EXPECT_EQ(did_you_mean("", words), std::nullopt);
  EXPECT_EQ(did_you_mean(std::string(65, 'a'), words), std::nullopt);
}

TEST(Text, Utf8SequenceAcceptsWellFormedOnly) {
  EXPECT_EQ(utf8_sequence("a"), 1u);
  EXPECT_EQ(utf8_sequence("\xC3\xA4"), 2u);
  EXPECT_EQ(utf8_sequence("\xE2\x82\xAC"), 3u);
  EXPECT_EQ(utf8_sequence("\xF0\x9F\xA5\x94"), 4u);
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_sequence(bad), 0u);
  }
}

TEST(Text, PrintableIsSafeForATerminal) {
  EXPECT_EQ(printable("plain \xC3\xA4"), "plain \xC3\xA4");
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "abc"),
            "\\xe2\\x80\\xae"
            "abc");
  EXPECT_EQ(printable("\xC2\x85"), "\\xc2\\x85");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace rootcellar
