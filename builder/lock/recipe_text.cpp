#include "builder/lock/recipe_text.h"

#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

void write_content(YamlWriter& out, const ProfileFileContent& content) {
  const std::string& path = content.resolved_path.empty() ? content.path : content.resolved_path;
  if (!path.empty()) out.entry("path", path);
  if (content.sha256) out.entry("sha256", content.sha256->named());
  if (content.size) out.entry_number("size", *content.size);
  if (path.empty() && content.url.empty()) out.entry("text", content.text);
  if (!content.url.empty()) out.entry("url", content.url);
}

void write_recipe_file(YamlWriter& out, const std::string& destination, const ProfileFileContent& content, std::uint32_t mode) {
  out.begin_map();
  out.entry("destination", destination);
  out.entry("mode", mode_text(mode));
  write_content(out, content);
  out.end_map();
}

std::uint32_t mode_of(const Recipe& recipe, const std::string& destination) {
  const auto mode = recipe.modes.find(destination);
  return mode == recipe.modes.end() ? 0644 : mode->second;
}

void read_recipe_file(const YamlNode& node, Recipe& recipe, YamlFaults& faults) {
  YamlMap map(node, faults, "recipe file keys");
  const std::string destination = map.require_text("destination");
  recipe.modes[destination] = read_locked_mode(map);
  ProfileFileContent content;
  content.path = content.resolved_path = map.text("path");
  if (map.take("sha256") != nullptr) content.sha256 = read_locked_digest(map, "sha256");
  if (map.take("size") != nullptr) content.size = map.number("size", 0);
  content.text = map.text("text");
  content.url = map.text("url");
  recipe.files.emplace_back(destination, std::move(content));
  map.finish();
}

}  // namespace

std::string mode_text(std::uint32_t mode) {
  std::string text = "0000";
  for (std::size_t at = 4; at-- > 0; mode >>= 3) text[at] = static_cast<char>('0' + (mode & 7));
  return text;
}

std::uint32_t read_locked_mode(YamlMap& map) {
  const std::string text = map.require_text("mode");
  const auto mode = parse_mode(text);
  if (!mode && map.take("mode") != nullptr)
    map.faults().add(*map.take("mode"), cat("key 'mode': expected four octal digits, found '", printable(text, 80), "'"));
  return mode.value_or(0);
}

Digest read_locked_digest(YamlMap& map, std::string_view key) {
  const YamlNode* node = map.require(key);
  if (node == nullptr) return {};
  const auto digest = Digest::from_named(yaml_text(*node, map.faults(), cat("key '", key, "'")));
  if (!digest)
    map.faults().add(*node,
                     cat("key '", key, "': expected sha256: and 64 lower-case hex digits, found '", printable(node->scalar, 80), "'"));
  return digest.value_or(Digest());
}

void write_recipe(YamlWriter& out, const Recipe& recipe) {
  out.begin_map();
  out.entry_list("command", recipe.command);
  out.entry("directory", recipe.directory);
  out.entry_list("entrypoint", recipe.entrypoint);
  out.entry_list("environment", recipe.environment);
  out.key("files");
  out.begin_list();
  for (const auto& [destination, content] : recipe.files) write_recipe_file(out, destination, content, mode_of(recipe, destination));
  out.end_list();
  out.entry_list("packages", recipe.packages);
  out.entry_list("ports", recipe.ports);
  out.entry_list("remove", recipe.remove);
  out.entry("suite", recipe.suite);
  out.entry("user", recipe.user);
  out.entry_list("volumes", recipe.volumes);
  out.end_map();
}

Recipe read_locked_recipe(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "recipe keys");
  Recipe recipe;
  recipe.command = map.text_list("command");
  recipe.directory = map.text("directory");
  recipe.entrypoint = map.text_list("entrypoint");
  recipe.environment = map.text_list("environment");
  map.list("files", [&](const YamlNode& item) { read_recipe_file(item, recipe, faults); });
  recipe.packages = map.text_list("packages");
  recipe.ports = map.text_list("ports");
  recipe.remove = map.text_list("remove");
  recipe.suite = map.text("suite");
  recipe.user = map.text("user");
  recipe.volumes = map.text_list("volumes");
  map.finish();
  return recipe;
}

}  // namespace rootcellar
