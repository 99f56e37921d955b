// The rules of docs/profile.md, "How files are put together".
#include "builder/profile/merge.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// A tree in one line, to compare at a glance.
std::string flat(const YamlNode& node) {
  std::vector<std::string> parts;
  if (node.kind == YamlNode::Kind::scalar) return node.scalar;
  if (node.kind == YamlNode::Kind::null) return "~";
  for (const YamlNode& item : node.items) parts.push_back(flat(item));
  for (const auto& [key, value] : node.entries) parts.push_back(cat(key.scalar, ": ", flat(value)));
  return cat(node.kind == YamlNode::Kind::list ? "[" : "{", join(parts, ", "), node.kind == YamlNode::Kind::list ? "]" : "}");
}

std::string merged(std::string_view base, std::string_view overlay) {
  YamlFaults faults;
  const YamlNode tree =
      merge_trees(with_named_items(parse_yaml(base, "base"), faults), with_named_items(parse_yaml(overlay, "overlay"), faults), faults);
  faults.throw_if_any();
  return flat(tree);
}

TEST(Merge, MapsKeyByKeyScalarsAndOtherListsReplace) {
  EXPECT_EQ(merged("{a: 1, b: {c: 2, d: 3}}", "{b: {d: 4, e: 5}, f: 6}"), "{a: 1, b: {c: 2, d: 4, e: 5}, f: 6}");
  EXPECT_EQ(merged("{a: [1, 2]}", "{a: [3]}"), "{a: [3]}");
  EXPECT_EQ(merged("{a: {b: 1}}", "{a: 2}"), "{a: 2}");
  EXPECT_EQ(merged("{a: [{x: 1}]}", "{a: [{x: 2}]}"), "{a: [{x: 2}]}");
}

TEST(Merge, NullDeletes) {
  EXPECT_EQ(merged("{a: 1, b: {c: 2, d: 3}}", "{a: ~, b: {c: null}}"), "{b: {d: 3}}");
  EXPECT_EQ(merged("{files: [{name: a, x: 1}]}", "{files: null}"), "{}");
}

TEST(Merge, NamedItemsMergeByName) {
  EXPECT_EQ(merged("{files: [{name: a, x: 1, y: 2}, {name: b}]}", "{files: [{name: c}, {name: a, y: 3, x: null}]}"),
            "{files: [{name: a, y: 3}, {name: b}, {name: c}]}");
  EXPECT_EQ(merged("{files: [{name: a}, {name: b}]}", "{files: [{name: a, remove: true}]}"), "{files: [{name: b}]}");
}

TEST(Merge, WordsStandForNames) {
  EXPECT_EQ(merged("{packages: {install: [a, b=1*]}}", "{packages: {install: [c, b=2, {name: a, remove: true}]}}"),
            "{packages: {install: [{name: b, version: 2}, {name: c}]}}");
  EXPECT_EQ(merged("{images: [a:1, {name: b, recipe: {user: x}}]}", "{images: [b]}"),
            "{images: [{name: a:1}, {name: b, recipe: {user: x}}]}");
}

}  // namespace
}  // namespace rootcellar
