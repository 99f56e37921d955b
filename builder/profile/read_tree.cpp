// The top level of a profile.
#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_max_days = 36500;  // a century: beyond it dates stop meaning anything

TargetRelease read_target(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "target keys");
  TargetRelease target;
  target.distribution = require_text_that(map, "distribution", is_release_word, "ID of os-release");
  target.version = require_text_that(map, "version", is_release_word, "VERSION_ID of os-release");
  target.codename = require_text_that(map, "codename", is_release_word, "VERSION_CODENAME of os-release");
  context.finish(map, "target");
  return target;
}

std::uint64_t read_days(YamlMap& map, std::uint64_t fallback) {
  const std::uint64_t days = map.number("expires_after_days", fallback);
  if (days == 0 || days > k_max_days)
    map.faults().add(*map.take("expires_after_days"), cat("key 'expires_after_days': expected 1 to ", k_max_days, ", found ", days));
  return days;
}

void read_identity(YamlMap& map, Profile& profile, const ReadContext& context) {
  profile.product = require_text_that(map, "product", is_product_name, "at most 32 lower-case letters, digits and dashes");
  profile.title = text_that(map, "title", is_title, "one line of text", profile.product);
  if (const YamlNode* target = map.require("target")) profile.target = read_target(*target, context);
  profile.expires_after_days = read_days(map, profile.expires_after_days);
  profile.installer_min = text_that(map, "installer_min", is_version, "a version like 0.1.0");
}

void read_contents(YamlMap& map, Profile& profile, const ReadContext& context) {
  if (const YamlNode* packages = map.take("packages")) profile.packages = read_packages(*packages, context);
  map.list("images", [&](const YamlNode& item) { profile.images.push_back(read_image(item, context)); });
  map.list("files", [&](const YamlNode& item) { profile.files.push_back(read_file_item(item, context)); });
  if (const YamlNode* registry = map.take("registry")) profile.registry = read_registry(*registry, context);
  if (const YamlNode* runtime = map.take("runtime")) profile.runtime = read_runtime(*runtime, context);
  if (const YamlNode* gpu = map.take("gpu")) profile.gpu = read_gpu(*gpu, context);
  if (const YamlNode* cluster = map.take("cluster")) read_cluster(*cluster, profile, context);
  if (const YamlNode* nfs = map.take("nfs")) profile.nfs = read_nfs(*nfs, context);
  if (const YamlNode* lan = map.take("lan")) profile.lan = read_lan(*lan, context);
  map.list("data", [&](const YamlNode& item) { profile.data.push_back(read_data(item, context)); });
  map.list("checks", [&](const YamlNode& item) { profile.checks.push_back(read_check(item, context)); });
}

}  // namespace

ReadResult read_profile_tree(const YamlNode& root, const ReadContext& context) {
  YamlMap map(root, context.faults, "profile keys");
  ReadResult result;
  read_identity(map, result.profile, context);
  map.require("architectures");
  result.architectures = texts_that(map, "architectures", is_architecture, "a Debian architecture like amd64");
  read_contents(map, result.profile, context);
  context.finish(map, "");
  finish_gpu(root, result.profile, context.faults);
  collect_package_groups(result.profile);
  check_references(root, result.profile, context.faults);
  check_cluster(root, result.profile, context.faults);
  check_storage(root, result.profile, context.faults);
  check_lan(root, result.profile, context.faults);
  return result;
}

}  // namespace rootcellar
