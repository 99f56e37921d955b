#include "bundle/base/yaml.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

std::string fault(std::string_view text) {
  return error_text([&] { parse_yaml(text, "p.yaml"); });
}

/// The faults that `read` finds in the map that `text` is.
template <typename Read>
std::string map_faults(std::string_view text, const Read& read) {
  const YamlNode root = parse_yaml(text, "p.yaml");
  YamlFaults faults;
  YamlMap map(root, faults, "the profile");
  read(map);
  map.finish();
  return error_text([&] { faults.throw_if_any(); });
}

TEST(Yaml, ReadsKindsAndPlaces) {
  const YamlNode root = parse_yaml("a: 1\nb:\n  - x\n  - \"2\"\nc: {d: null}\ne:\n", "p.yaml");
  ASSERT_EQ(root.kind, YamlNode::Kind::map);
  EXPECT_EQ(root.find("a")->scalar, "1");
  EXPECT_FALSE(root.find("a")->quoted);
  EXPECT_TRUE(root.find("b")->items[1].quoted);
  EXPECT_EQ(root.find("b")->items[1].line, 4);
  EXPECT_EQ(root.find("b")->items[1].column, 5);
  EXPECT_EQ(root.find("c")->find("d")->kind, YamlNode::Kind::null);
  EXPECT_EQ(root.find("e")->kind, YamlNode::Kind::null);
  EXPECT_EQ(*root.file, "p.yaml");
}

TEST(Yaml, EmptyDocumentIsNull) {
  for (const std::string_view text : {"", "# nothing\n", "---\n"}) {
    const YamlNode root = parse_yaml(text, "p.yaml");
    EXPECT_EQ(root.kind, YamlNode::Kind::null);
    EXPECT_NE(root.file, nullptr);
  }
}

TEST(Yaml, ValuesAreWhatTheyLookLike) {
  const YamlNode root = parse_yaml("a: yes\nb: 010\nc: 1.10\nd: on\n", "p.yaml");
  YamlFaults faults;
  YamlMap map(root, faults, "the profile");
  EXPECT_EQ(map.text("a"), "yes");
  EXPECT_EQ(map.text("b"), "010");
  EXPECT_EQ(map.text("c"), "1.10");
  EXPECT_EQ(map.text("d"), "on");
  map.finish();
  EXPECT_TRUE(faults.empty());
}

TEST(Yaml, DuplicateKey) {
  EXPECT_EQ(fault("a: 1\nb: 2\na: 3\n"), "error: p.yaml:3:1: duplicate key 'a'\n  a: 3\n  ^\nhint: it was given first in line 1\n");
}

TEST(Yaml, AnchorsAliasesTagsAndSecondDocuments) {
  EXPECT_EQ(fault("a: &x 1\nb: *x\n"),
            "error: p.yaml:1:4: anchors are not allowed\n  a: &x 1\n     ^\nhint: write the value out where it is used\n"
            "error: p.yaml:2:4: aliases are not allowed\n  b: *x\n     ^\nhint: write the value out\n");
  EXPECT_EQ(fault("a: !!str 1\n"), "error: p.yaml:1:4: tags are not allowed\n  a: !!str 1\n     ^\nhint: leave the tag out\n");
  EXPECT_EQ(fault("a: ! 1\n"), "error: p.yaml:1:4: tags are not allowed\n  a: ! 1\n     ^\nhint: leave the tag out\n");
  EXPECT_EQ(fault("a: 1\n---\nb: 2\n"), "error: p.yaml:2:1: expected one document, found a second\n  ---\n  ^\n");
}

TEST(Yaml, KeysAreText) {
  EXPECT_EQ(fault("? [a]\n: 1\n"), "error: p.yaml:1:3: expected a plain text key, found a list or a map\n  ? [a]\n    ^\n");
  EXPECT_EQ(fault("~: 1\n"), "error: p.yaml:1:1: expected a key, found nothing\n  ~: 1\n  ^\n");
}

TEST(Yaml, SyntaxFaultsHavePlaces) {
  EXPECT_EQ(fault("a: [1, 2\nb: 3\n"), "error: p.yaml:2:2: not valid YAML: end of sequence flow not found\n  b: 3\n   ^\n");
  EXPECT_EQ(fault("a: \"x"), "error: p.yaml:1:6: not valid YAML: illegal EOF in scalar\n  a: \"x\n       ^\n");
  for (const std::string line : {"a: \"x", "a: 'x''", "a: \"x\\\"", "a: '"}) {
    EXPECT_EQ(fault(line + "\n"), cat("error: p.yaml:1:4: not valid YAML: the quote is never closed\n  ", line, "\n     ^\n"));
  }
}

TEST(Yaml, OnlyCleanUtf8) {
  EXPECT_EQ(fault("a: \xff\n"), "error: p.yaml:1:4: not valid UTF-8\n  a: \\xff\n     ^\n");
  EXPECT_EQ(fault(std::string_view("a: \0\n", 5)), "error: p.yaml:1:4: control character \\x00\n  a: \\x00\n     ^\n");
  EXPECT_EQ(fault("a: \x04\n"), "error: p.yaml:1:4: control character \\x04\n  a: \\x04\n     ^\n");
  EXPECT_EQ(fault(std::string_view("\xFF\xFE"
                                   "a\0",
                                   4)),
            "error: p.yaml:1:1: not valid UTF-8\n  \\xff\\xfea\\x00\n  ^\n");
}

TEST(Yaml, FilesFromWindowsAreFine) {
  const YamlNode root = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: x\r\n",
      "p.yaml");
  EXPECT_EQ(root.find("a")->scalar, "1");
  EXPECT_EQ(root.find("b")->scalar, "x");
}

TEST(Yaml, DepthLimit) {
  const auto nested = [](std::size_t depth) { return cat(std::string(depth, '['), std::string(depth, ']')); };
  EXPECT_NO_THROW(parse_yaml(nested(32), "p.yaml"));
  EXPECT_EQ(fault(nested(33)),
            cat("error: p.yaml:1:33: nested deeper than 32 levels\n  ", nested(33), "\n  ", std::string(32, ' '), "^\n"));
  EXPECT_THROW(parse_yaml(std::string(100'000, '['), "p.yaml"), InputError);
}

TEST(Yaml, SizeLimit) {
  EXPECT_NO_THROW(parse_yaml("a: 1", "p.yaml", 4));
  EXPECT_EQ(error_text([] { parse_yaml("a: 12", "p.yaml", 4); }), "error: 'p.yaml' is larger than the limit of 4 B\n");
}

TEST(Yaml, TruncatedAndFlippedNeverDoMoreThanFail) {
  const std::string text = "a: [1, {b: 'x'}]\nc:\n  - \"d\\n\"\n  - |\n    block\ne: {}\n";
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int mask : {0x01, 0x20, 0x80}) {
      std::string bad = text;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      for (const std::string& attempt : {text.substr(0, i), bad}) {
        try {
          parse_yaml(attempt, "p.yaml");
        } catch (const InputError& error) {
          EXPECT_FALSE(error.faults().empty());
        }
      }
    }
  }
}

TEST(YamlMap, AllFaultsOfOneReading) {
  const std::string text = "name: [x]\nport: 080\nkeep: yes\npakages: []\nkind: depp\n";
  EXPECT_EQ(
      map_faults(text,
                 [](YamlMap& map) {
                   map.require_text("name");
                   map.number("port", 0);
                   map.boolean("keep", false);
                   map.text_list("packages");
                   map.one_of("kind", {"deep", "flat"}, "flat");
                   map.require_text("version");
                 }),
      "error: p.yaml:1:1: missing key 'version'\n  name: [x]\n  ^\n"
      "error: p.yaml:1:7: key 'name': expected text, found a list\n  name: [x]\n        ^\n"
      "error: p.yaml:2:7: key 'port': expected a number, found '080'\n  port: 080\n        ^\n"
      "error: p.yaml:3:7: key 'keep': expected true or false, found 'yes'\n  keep: yes\n        ^\n"
      "error: p.yaml:4:1: unknown key 'pakages'\n  pakages: []\n  ^\nhint: did you mean 'packages'?\n"
      "error: p.yaml:5:7: key 'kind': expected one of 'deep', 'flat', found 'depp'\n  kind: depp\n        ^\nhint: did you mean 'deep'?\n");
}

TEST(YamlMap, QuotedNumbersAndTruthsAreText) {
  EXPECT_EQ(map_faults("a: \"1\"\nb: 'true'\n",
                       [](YamlMap& map) {
                         map.number("a", 0);
                         map.boolean("b", false);
                       }),
            "error: p.yaml:1:4: key 'a': expected a number, found \"1\"\n  a: \"1\"\n     ^\n"
            "error: p.yaml:2:4: key 'b': expected true or false, found \"true\"\n  b: 'true'\n     ^\n");
}

TEST(YamlMap, ListsMapsAndMissingValues) {
  EXPECT_EQ(map_faults("a: {}\nb: []\nc:\nd: [x, ~]\n",
                       [](YamlMap& map) {
                         map.list("a", [](const YamlNode&) { FAIL(); });
                         map.map("b", [](const std::string&, const YamlNode&) { FAIL(); });
                         map.require("c");
                         EXPECT_EQ(map.text_list("d").size(), 2u);
                       }),
            "error: p.yaml:1:4: key 'a': expected a list, found a map\n  a: {}\n     ^\n"
            "error: p.yaml:2:4: key 'b': expected a map, found a list\n  b: []\n     ^\n"
            "error: p.yaml:3:1: key 'c' has no value\n  c:\n  ^\n"
            "error: p.yaml:4:8: key 'd': expected text, found nothing\n  d: [x, ~]\n         ^\n");
}

TEST(YamlMap, NotAMap) {
  EXPECT_EQ(map_faults("- a\n", [](YamlMap& map) { map.require("name"); }),
            "error: p.yaml:1:1: expected a map of the profile, found a list\n  - a\n  ^\n");
}

TEST(YamlMap, GettersGiveValuesAndFallbacks) {
  const YamlNode root = parse_yaml("n: 7\nt: true\ns: x\nl: [a, b]\nm: {k: v}\n", "p.yaml");
  YamlFaults faults;
  YamlMap map(root, faults, "the profile");
  EXPECT_EQ(map.number("n", 1), 7u);
  EXPECT_EQ(map.require_number("n"), 7u);
  EXPECT_EQ(map.number("none", 9), 9u);
  EXPECT_TRUE(map.boolean("t", false));
  EXPECT_EQ(map.one_of("s", {"x", "y"}, "y"), "x");
  EXPECT_EQ(map.optional_text("absent"), std::nullopt);
  EXPECT_EQ(map.text_list("l"), (std::vector<std::string>{"a", "b"}));
  map.map("m", [](const std::string& name, const YamlNode& value) { EXPECT_EQ(name + value.scalar, "kv"); });
  map.finish();
  faults.throw_if_any();
}

TEST(YamlFaults, AtMostAHundred) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += cat("k", i, ": 1\n");
  const YamlNode root = parse_yaml(text, "p.yaml");
  YamlFaults faults;
  YamlMap(root, faults, "x").finish();
  try {
    faults.throw_if_any();
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.faults().size(), 100u);
  }
}

TEST(YamlWriter, NestedDocument) {
  YamlWriter writer;
  writer.comment("made by a test");
  writer.begin_map();
  writer.entry("name", "lab");
  writer.entry_number("serial", 7);
  writer.entry_list("empty", {});
  writer.entry_list("some", {"a", "1.10"});
  writer.key("images");
  writer.begin_list();
  for (const std::string name : {"x", "z"}) {
    writer.begin_map();
    writer.entry("name", name);
    writer.key("check");
    writer.begin_map();
    writer.end_map();
    writer.end_map();
  }
  writer.begin_list();
  writer.value("deep");
  writer.end_list();
  writer.end_list();
  writer.key("last");
  writer.value_plain(true);
  writer.end_map();
  const std::string text = writer.finish();
  EXPECT_EQ(text,
            "# made by a test\n"
            "name: lab\n"
            "serial: 7\n"
            "empty: []\n"
            "some:\n"
            "  - a\n"
            "  - \"1.10\"\n"
            "images:\n"
            "  - name: x\n"
            "    check: {}\n"
            "  - name: z\n"
            "    check: {}\n"
            "  - - deep\n"
            "last: true\n");
  const YamlNode root = parse_yaml(text, "p.yaml");
  EXPECT_EQ(root.find("images")->items[1].find("name")->scalar, "z");
  EXPECT_EQ(root.find("images")->items[2].items[0].scalar, "deep");
}

TEST(YamlWriter, EveryTextReadsBackAsItself) {
  std::vector<std::string> texts{"",
                                 "a",
                                 "true",
                                 "no",
                                 "null",
                                 "~",
                                 "010",
                                 "1.10",
                                 "0x1f",
                                 "-",
                                 "- a",
                                 "a: b",
                                 "a:",
                                 "a #b",
                                 "#a",
                                 " a",
                                 "a ",
                                 "a\nb",
                                 "\ta",
                                 "\"q\"",
                                 "'q'",
                                 "a'b",
                                 "[x]",
                                 "{x}",
                                 "&a",
                                 "*a",
                                 "!a",
                                 "|",
                                 ">",
                                 "%a",
                                 "@a",
                                 "`a",
                                 "?",
                                 "? a",
                                 ":",
                                 ":a",
                                 "...",
                                 "---",
                                 "=",
                                 "<<",
                                 "a\\b",
                                 "\x1b",
                                 "\x7f",
                                 "\xC3\xA4",
                                 "sha256:ab",
                                 "2026-11-21T06:03:00Z",
                                 "http://x/y?z=1&b=#c",
                                 "a, b",
                                 "NULL",
                                 "Yes",
                                 "1e5",
                                 ".5",
                                 "+1",
                                 "12:30",
                                 "/etc/x",
                                 "a\r\nb",
                                 "\xC2\x85",
                                 "\xE2\x80\xA8",
                                 "\xEF\xBB\xBF",
                                 ".inf",
                                 "y"};
  for (int byte = 0; byte < 128; ++byte) {
    const char letter = static_cast<char>(byte);
    texts.push_back(std::string(1, letter));
    texts.push_back(cat("a", letter, "b"));
    texts.push_back(cat(letter, " a"));
    texts.push_back(cat("a ", letter));
  }
  for (const std::string& text : texts) {
    YamlWriter writer;
    writer.begin_map();
    writer.entry(text, text);
    writer.entry_list("list of " + text, {text});
    writer.end_map();
    const std::string document = writer.finish();
    const YamlNode root = parse_yaml(document, "p.yaml");
    ASSERT_EQ(root.entries.size(), 2u) << document;
    EXPECT_EQ(root.entries[0].first.scalar, text) << document;
    EXPECT_EQ(root.entries[0].second.scalar, text) << document;
    EXPECT_EQ(root.entries[0].second.kind, YamlNode::Kind::scalar) << document;
    EXPECT_EQ(root.entries[1].second.items[0].scalar, text) << document;
  }
}

TEST(YamlWriter, RefusesWhatYamlCannotHold) {
  EXPECT_EQ(error_text([] { YamlWriter().value("a\xff"); }), "error: cannot write 'a\\xff' as YAML: not valid UTF-8\n");
}

TEST(YamlDocuments, TakesWhatOtherProgramsWrite) {
  const auto documents = parse_yaml_documents("---\na: &x 1\nb: *x\na: 2\n---\n!!map {c: &y [1], d: *y}\n---\n", "m.yaml", 1000);
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[0].find("b")->scalar, "1");
  EXPECT_EQ(documents[0].entries.size(), 3U);
  EXPECT_EQ(documents[1].find("d")->kind, YamlNode::Kind::null);
  EXPECT_EQ(documents[1].find("c")->items.size(), 1U);
  EXPECT_EQ(documents[2].kind, YamlNode::Kind::null);
  EXPECT_TRUE(parse_yaml_documents("", "m.yaml", 1000).empty());
}

TEST(YamlDocuments, RefusesWhatNobodyCanRead) {
  EXPECT_EQ(error_text([] { parse_yaml_documents("a: 1\n---\nb: [", "m.yaml", 1000); }),
            "error: m.yaml:3:5: not valid YAML: end of sequence flow not found\n  b: [\n      ^\n");
  EXPECT_EQ(error_text([] { parse_yaml_documents("0123456789", "m.yaml", 9); }), "error: 'm.yaml' is larger than the limit of 9 B\n");
  EXPECT_EQ(error_text([] { parse_yaml_documents(std::string(101, '[') + std::string(101, ']'), "m.yaml", 1000); }).substr(0, 52),
            "error: m.yaml:1:101: nested deeper than 100 levels\n ");
}

}  // namespace
}  // namespace rootcellar
