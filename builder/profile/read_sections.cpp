// Packages, images and files.
#include <algorithm>

#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string read_package(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "package keys");
  const std::string name = require_text_that(map, "name", is_package_name, "a package's name");
  const std::string version = text_that(map, "version", is_package_version, "a version, '*' allowed");
  context.finish(map, "packages.install");
  return version.empty() ? name : cat(name, "=", version);
}

void read_recipe_file(const YamlNode& node, Recipe& recipe, const ReadContext& context) {
  YamlMap map(node, context.faults, "file keys");
  const std::string destination = require_text_that(map, "destination", is_absolute_path, "an absolute path");
  recipe.files.emplace_back(destination, read_content(map, context));
  recipe.modes[destination] = read_mode(map);
  context.finish(map, "images.recipe.files");
}

Recipe read_recipe(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "recipe keys");
  Recipe recipe;
  recipe.suite = text_that(map, "suite", is_suite, "a suite");
  recipe.packages = texts_that(map, "packages", is_package_name, "a package's name");
  map.list("files", [&](const YamlNode& item) { read_recipe_file(item, recipe, context); });
  recipe.remove = texts_that(map, "remove", is_absolute_path, "an absolute path");
  recipe.entrypoint = map.text_list("entrypoint");
  recipe.command = map.text_list("command");
  recipe.environment = texts_that(map, "environment", is_assignment, "KEY=VALUE");
  recipe.ports = texts_that(map, "ports", is_image_port, "a port like 80 or 53/udp");
  recipe.volumes = texts_that(map, "volumes", is_absolute_path, "an absolute path");
  recipe.user = map.text("user");
  recipe.directory = text_that(map, "directory", is_absolute_path, "an absolute path");
  context.finish(map, "images.recipe");
  return recipe;
}

void refuse_bad_image(const YamlNode* node, const ProfileImage& image, YamlFaults& faults) {
  std::string reason;
  if (node == nullptr || node->kind != YamlNode::Kind::scalar) return;
  const auto name = parse_image_name(image.name, &reason);
  if (!name) return faults.add(*node, cat("'", printable(image.name, 80), "' is not an image's name: ", reason));
  if (image.recipe && name->digest)
    faults.add(*node, "an image made by a recipe has a tag, not a digest", "its digest is pinned by the lock");
}

}  // namespace

ProfilePackages read_packages(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "packages keys");
  ProfilePackages packages;
  packages.base = text_that(map, "base", is_product_name, "a base's name", packages.base);
  packages.sources = map.one_of("sources", {"system"}, packages.sources);
  packages.suites = texts_that(map, "suites", is_suite, "a suite");
  packages.recommends = map.boolean("recommends", packages.recommends);
  map.list("install", [&](const YamlNode& item) { packages.install.push_back(read_package(item, context)); });
  context.finish(map, "packages");
  return packages;
}

ProfileImage read_image(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "image keys");
  ProfileImage image;
  image.place = place_of(node);
  image.name = map.require_text("name");
  if (const YamlNode* recipe = map.take("recipe")) image.recipe = read_recipe(*recipe, context);
  refuse_bad_image(map.take("name"), image, context.faults);
  context.finish(map, "images");
  return image;
}

ProfileFile read_file_item(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "file keys");
  ProfileFile file;
  file.place = place_of(node);
  file.name = require_text_that(map, "name", is_file_name, "letters, digits, '.', '_', '+' and '-'");
  file.content = read_pinned_content(map, context);
  file.destination = require_text_that(map, "destination", is_destination,
                                       "an absolute path outside /var/lib/rootcellar, /etc/rootcellar, /proc, /sys and /dev");
  file.mode = read_mode(map);
  file.owner = text_that(map, "owner", is_account, "a user", file.owner);
  file.group = text_that(map, "group", is_account, "a group", file.group);
  context.finish(map, "files");
  return file;
}

}  // namespace rootcellar
