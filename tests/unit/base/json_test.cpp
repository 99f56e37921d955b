#include "bundle/base/json.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

std::string fault(std::string_view text, JsonLimits limits = {}) {
  return error_text([&] { parse_json(text, "d.json", limits); });
}

TEST(Json, KeepsOrderAndSpelling) {
  const std::string text =
      R"({"z":1,"a":[true,false,null],"n":-0,"f":1.50,"e":1E+2,"big":123456789012345678901234567890,"s":"\u00e4\n\"\\"})";
  const JsonValue value = parse_json(text, "d.json");
  EXPECT_EQ(value.dump(),
            "{\"z\":1,\"a\":[true,false,null],\"n\":-0,\"f\":1.50,\"e\":1E+2,\"big\":123456789012345678901234567890,\"s\":"
            "\"\xC3\xA4\\n\\\"\\\\\"}");
  EXPECT_EQ(parse_json(value.dump(2), "d.json"), value);
}

TEST(Json, IndentedDump) {
  const JsonValue value = parse_json(R"({"a":[1,{"b":[]}],"c":{}})", "d.json");
  EXPECT_EQ(value.dump(2), "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST(Json, Getters) {
  JsonValue value = parse_json(R"({"t":"x","n":7,"b":true,"neg":-1})", "d.json");
  EXPECT_EQ(value.text("t"), "x");
  EXPECT_EQ(value.text("n"), std::nullopt);
  EXPECT_EQ(value.u64("n"), 7u);
  EXPECT_EQ(value.u64("neg"), std::nullopt);
  EXPECT_EQ(value.truth("b"), true);
  EXPECT_EQ(value.find("none"), nullptr);
  value.set("n", JsonValue::string("new"));
  value.set("last", JsonValue::string_array({"p", "q"}));
  EXPECT_TRUE(value.erase("t"));
  EXPECT_FALSE(value.erase("t"));
  EXPECT_EQ(value.dump(), R"({"n":"new","b":true,"neg":-1,"last":["p","q"]})");
}

TEST(Json, ControlCharactersAndBrokenBytesAreWrittenSafely) {
  EXPECT_EQ(JsonValue::string(std::string_view("\0\x1b\x7f", 3).data()).dump(), "\"\"");
  EXPECT_EQ(JsonValue::string(std::string("\0\x1b\x7f\xff", 4)).dump(), "\"\\u0000\\u001b\\u007f\xEF\xBF\xBD\"");
}

TEST(Json, DuplicateKeyIsShownWhereItStands) {
  EXPECT_EQ(fault("{\n  \"a\": 1,\n  \"a\": 2\n}"), "error: d.json:3:3: duplicate key 'a'\n    \"a\": 2\n    ^\n");
  EXPECT_EQ(fault(R"({"a\"b":1,"a\"b":2})"), "error: d.json:1:11: duplicate key 'a\"b'\n  {\"a\\\"b\":1,\"a\\\"b\":2}\n            ^\n");
}

TEST(Json, SyntaxFaultsHavePlaces) {
  EXPECT_EQ(fault("{\"a\" 1}"), "error: d.json:1:6: not valid JSON: unexpected number literal; expected ':'\n  {\"a\" 1}\n       ^\n");
  EXPECT_EQ(fault(""), "error: d.json:1:1: not valid JSON: unexpected end of input; expected '[', '{', or a literal\n");
  EXPECT_EQ(fault("{} x"),
            "error: d.json:1:4: not valid JSON: invalid literal; last read: '{} x'; expected end of input\n  {} x\n     ^\n");
}

TEST(Json, DepthLimit) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_NO_THROW(parse_json(nested(32), "d.json"));
  EXPECT_EQ(fault(nested(33)),
            cat("error: d.json:1:33: nested deeper than 32 levels\n  ", nested(33), "\n  ", std::string(32, ' '), "^\n"));
}

TEST(Json, SizeLimit) {
  EXPECT_NO_THROW(parse_json("[1]", "d.json", {.bytes = 3}));
  EXPECT_EQ(fault("[12]", {.bytes = 3}), "error: 'd.json' is larger than the limit of 3 B\n");
}

TEST(Json, TruncatedAtEveryByteIsAnInputError) {
  const std::string text = R"({"a":[1,2.5,"x\u00e4"],"b":{"c":null,"d":true}})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_THROW(parse_json(std::string_view(text).substr(0, length), "d.json"), InputError) << length;
  }
}

TEST(Json, EveryByteFlippedIsAnInputErrorOrAnotherValue) {
  const std::string text = R"({"a":[1,2.5,"x\u00e4"],"b":{"c":null,"d":true}})";
  const JsonValue good = parse_json(text, "d.json");
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 0x80);
    EXPECT_THROW(parse_json(bad, "d.json"), InputError) << i;  // no byte above 0x7F can stand alone
  }
}

}  // namespace
}  // namespace rootcellar
