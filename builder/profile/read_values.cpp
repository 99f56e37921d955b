// Values shared by several sections.
#include <algorithm>

#include "builder/profile/documents.h"
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "builder/profile/values_text.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_when_locked = "when-locked";

std::string checked_text(const YamlNode& node, YamlFaults& faults, std::string_view key, TextRule rule, std::string_view expected) {
  const std::string text = yaml_text(node, faults, cat("key '", key, "'"));
  if (node.kind == YamlNode::Kind::scalar && !rule(text))
    faults.add(node, cat("key '", key, "': expected ", expected, ", found '", printable(text, 80), "'"));
  return text;
}

void read_path(const YamlNode& node, ProfileFileContent& content, const ReadContext& context) {
  const auto local = read_local_path(node, "path", context);
  if (!local) return;
  content.resolved_path = local->resolved;
  if (file_status_followed(local->path)->type != FileStatus::Type::file)
    context.faults.add(node, cat("cannot read '", local->path, "': not a plain file"));
}

void read_sha256(YamlMap& map, ProfileFileContent& content, const ReadContext& context, bool may_wait) {
  const YamlNode* node = map.take("sha256");
  if (node == nullptr) return;
  const std::string text = yaml_text(*node, context.faults, "key 'sha256'");
  content.pin_when_locked = may_wait && text == k_when_locked && !content.url.empty();
  if (content.pin_when_locked) return;
  content.sha256 = Digest::from_hex(text);
  if (!content.sha256) context.faults.add(*node, cat("key 'sha256': expected 64 lower-case hex digits, found '", printable(text, 80), "'"));
}

/// What is given by url, path or text; whether a url is pinned is for the caller to say.
ProfileFileContent read_any_content(YamlMap& map, const ReadContext& context, bool may_wait) {
  ProfileFileContent content;
  const YamlNode* path = map.take("path");
  const int given = (map.take("url") != nullptr) + (path != nullptr) + (map.take("text") != nullptr);
  if (given != 1 && map.node().kind == YamlNode::Kind::map)
    context.faults.add(map.node(), cat("expected exactly one of url, path and text, found ", given));
  content.url = text_that(map, "url", is_web_url, "an http:// or https:// address");
  content.path = map.text("path");
  content.text = map.text("text");
  if (path != nullptr) read_path(*path, content, context);
  read_sha256(map, content, context, may_wait);
  if (map.take("size") != nullptr) content.size = map.number("size", 0);
  return content;
}

void refuse_unpinned(const YamlNode& url, const ReadContext& context) {
  context.faults.add(url, "a file from a url needs its sha256", "take it from where upstream publishes it, not from the download itself");
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

std::optional<LocalPath> read_local_path(const YamlNode& node, std::string_view key, const ReadContext& context) {
  const std::string text = yaml_text(node, context.faults, cat("key '", key, "'"));
  if (text.empty() || text.front() == '/') {
    context.faults.add(node, cat("key '", key, "': expected a path relative to this file, found '", text, "'"));
    return std::nullopt;
  }
  LocalPath local{normal_path(path_join(path_parent(*node.file), text)), {}};
  local.resolved = relative_to(local.path, context.folder);
  if (file_status_followed(local.path)) return local;
  context.faults.add(node, cat("cannot read '", local.path, "': no such file"));
  return std::nullopt;
}

std::string read_site_text(YamlMap& map, std::string_view key) {
  const std::string text = site_text(map.text(key));
  try {
    template_references(text, cat("key '", key, "'"));
  } catch (const InputError& fault) {
    map.faults().add(*map.take(key), fault.message(), fault.hint());
  }
  return text;
}

TextPlace place_of(const YamlNode& node) { return {node.file == nullptr ? std::string() : *node.file, node.line, node.column, {}}; }

std::vector<std::string> given_keys(YamlMap& map, const std::vector<std::string>& keys) {
  std::vector<std::string> given;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(given), [&](const std::string& key) { return map.take(key) != nullptr; });
  return given;
}

std::uint64_t number_between(YamlMap& map, std::string_view key, std::uint64_t fallback, std::uint64_t least, std::uint64_t most) {
  const std::uint64_t number = map.number(key, fallback);
  const YamlNode* node = map.take(key);
  if (node != nullptr && (number < least || number > most))
    map.faults().add(*node, cat("key '", key, "': expected ", least, " to ", most, ", found ", number));
  return number;
}

ProfileFileContent read_content(YamlMap& map, const ReadContext& context) {
  ProfileFileContent content = read_any_content(map, context, false);
  if (!content.url.empty() && map.take("sha256") == nullptr) refuse_unpinned(*map.take("url"), context);
  return content;
}

namespace {

/// How what lies at a url is pinned.
void read_pin(YamlMap& map, ProfileFileContent& content, const ReadContext& context) {
  content.checksum_url = text_that(map, "checksum_url", is_tls_url, "an https:// address (it says what is pinned)");
  if (content.pin_when_locked && !content.url.starts_with("https://"))
    context.faults.add(*map.take("sha256"), cat("key 'sha256': ", k_when_locked, " needs an https:// address"));
  const YamlNode* checksum = map.take("checksum_url");
  if (!content.url.empty() && map.take("sha256") == nullptr && checksum == nullptr) refuse_unpinned(*map.take("url"), context);
  if (content.url.empty() && checksum != nullptr) context.faults.add(*checksum, "key 'checksum_url': only with a url");
  if (map.take("sha256") != nullptr && checksum != nullptr)
    context.faults.add(*checksum, "expected one of sha256 and checksum_url, found both");
}

}  // namespace

ProfileFileContent read_pinned_content(YamlMap& map, const ReadContext& context) {
  ProfileFileContent content = read_any_content(map, context, true);
  read_pin(map, content, context);
  content.member = text_that(map, "member", is_member, "a path inside the archive");
  if (!content.text.empty() && !content.member.empty()) context.faults.add(*map.take("member"), "key 'member': only with a url or a path");
  return content;
}

ProfileFileContent read_archive_content(YamlMap& map, const ReadContext& context) {
  ProfileFileContent content;
  const YamlNode* path = map.take("path");
  const YamlNode* url = map.take("url");
  if ((path == nullptr) == (url == nullptr) && map.node().kind == YamlNode::Kind::map)
    context.faults.add(map.node(), cat("expected one of url and path, found ", path == nullptr ? "none" : "both"));
  content.url = text_that(map, "url", is_web_url, "an http:// or https:// address");
  content.path = map.text("path");
  if (path != nullptr) read_path(*path, content, context);
  read_sha256(map, content, context, true);
  if (map.take("size") != nullptr) content.size = map.number("size", 0);
  read_pin(map, content, context);
  return content;
}

std::uint32_t read_mode(YamlMap& map, std::uint32_t fallback) {
  const YamlNode* node = map.take("mode");
  if (node == nullptr) return fallback;
  const std::string text = yaml_text(*node, map.faults(), "key 'mode'");
  const auto mode = parse_mode(text);
  if (!mode) map.faults().add(*node, cat("key 'mode': expected four octal digits like \"0755\", found '", printable(text, 80), "'"));
  return mode.value_or(fallback);
}

}  // namespace rootcellar
