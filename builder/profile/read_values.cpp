// Values shared by several sections.
#include <algorithm>

#include "builder/profile/documents.h"
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint32_t k_default_mode = 0644;

std::string checked_text(const YamlNode& node, YamlFaults& faults, std::string_view key, TextRule rule, std::string_view expected) {
  const std::string text = yaml_text(node, faults, cat("key '", key, "'"));
  if (node.kind == YamlNode::Kind::scalar && !rule(text))
    faults.add(node, cat("key '", key, "': expected ", expected, ", found '", printable(text, 80), "'"));
  return text;
}

void read_path(const YamlNode& node, ProfileFileContent& content, const ReadContext& context) {
  if (content.path.empty() || content.path.front() == '/')
    return context.faults.add(node, cat("key 'path': expected a path relative to this file, found '", content.path, "'"));
  const std::string path = normal_path(path_join(path_parent(*node.file), content.path));
  content.resolved_path = relative_to(path, context.folder);
  const auto status = file_status_followed(path);
  if (!status) return context.faults.add(node, cat("cannot read '", path, "': no such file"));
  if (status->type != FileStatus::Type::file) context.faults.add(node, cat("cannot read '", path, "': not a plain file"));
}

void read_sha256(YamlMap& map, ProfileFileContent& content, const ReadContext& context) {
  const YamlNode* node = map.take("sha256");
  if (node == nullptr) return;
  const std::string text = yaml_text(*node, context.faults, "key 'sha256'");
  content.sha256 = Digest::from_hex(text);
  if (!content.sha256) context.faults.add(*node, cat("key 'sha256': expected 64 lower-case hex digits, found '", printable(text, 80), "'"));
}

}  // namespace

void ReadContext::finish(YamlMap& map, std::string_view section) const {
  map.finish();
  if (keys == nullptr) return;
  for (const std::string& key : map.known()) {
    std::string name = section.empty() ? key : cat(section, ".", key);
    if (std::find(keys->begin(), keys->end(), name) == keys->end()) keys->push_back(std::move(name));
  }
}

std::string text_that(YamlMap& map, std::string_view key, TextRule rule, std::string_view expected, std::string fallback) {
  const YamlNode* node = map.take(key);
  return node == nullptr ? std::move(fallback) : checked_text(*node, map.faults(), key, rule, expected);
}

std::string require_text_that(YamlMap& map, std::string_view key, TextRule rule, std::string_view expected) {
  const YamlNode* node = map.require(key);
  return node == nullptr ? std::string() : checked_text(*node, map.faults(), key, rule, expected);
}

std::vector<std::string> texts_that(YamlMap& map, std::string_view key, TextRule rule, std::string_view expected) {
  std::vector<std::string> texts;
  map.list(key, [&](const YamlNode& item) { texts.push_back(checked_text(item, map.faults(), key, rule, expected)); });
  return texts;
}

ProfileFileContent read_content(YamlMap& map, const ReadContext& context) {
  ProfileFileContent content;
  const YamlNode* path = map.take("path");
  const int given = (map.take("url") != nullptr) + (path != nullptr) + (map.take("text") != nullptr);
  if (given != 1 && map.node().kind == YamlNode::Kind::map)
    context.faults.add(map.node(), cat("expected exactly one of url, path and text, found ", given));
  content.url = text_that(map, "url", is_web_url, "an http:// or https:// address");
  content.path = map.text("path");
  content.text = map.text("text");
  if (path != nullptr) read_path(*path, content, context);
  read_sha256(map, content, context);
  if (!content.url.empty() && map.take("sha256") == nullptr)
    context.faults.add(*map.take("url"), "a file from a url needs its sha256",
                       "take it from where upstream publishes it, not from the download itself");
  if (map.take("size") != nullptr) content.size = map.number("size", 0);
  return content;
}

std::uint32_t read_mode(YamlMap& map) {
  const YamlNode* node = map.take("mode");
  if (node == nullptr) return k_default_mode;
  const std::string text = yaml_text(*node, map.faults(), "key 'mode'");
  const auto mode = parse_mode(text);
  if (!mode) map.faults().add(*node, cat("key 'mode': expected four octal digits like \"0755\", found '", printable(text, 80), "'"));
  return mode.value_or(k_default_mode);
}

}  // namespace rootcellar
