// Registry, runtime and checks.
#include <algorithm>
#include <array>

#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_max_time_limit = 3600;
constexpr std::uint64_t k_max_log_files = 1000;
constexpr std::uint64_t k_max_port = 65535;
const std::vector<std::string> k_check_kinds{"run", "http", "pull", "file", "container"};

bool is_program(std::string_view text) {
  const auto is_image = [](std::string_view name) { return parse_image_name(name).has_value(); };
  if (text.starts_with("package:")) return is_package_name(text.substr(8));
  return text.starts_with("image:") && is_image(text.substr(6));
}

bool is_image(std::string_view text) { return parse_image_name(text).has_value(); }

void read_container(const YamlNode& node, Check& check, const ReadContext& context) {
  YamlMap map(node, context.faults, "container check keys");
  check.target = require_text_that(map, "image", is_image, "an image's name");
  check.argv = map.text_list("argv");
  context.finish(map, "checks.container");
}

void read_run(YamlMap& map, Check& check) {
  check.argv = map.text_list("run");
  if (check.argv.empty() || !is_absolute_path(check.argv[0]))
    map.faults().add(*map.take("run"), "key 'run': expected a list that starts with a program's absolute path",
                     "no shell is involved: run: [/usr/bin/docker, version]");
}

void read_kind(YamlMap& map, Check& check, const ReadContext& context) {
  if (check.kind == "run") return read_run(map, check);
  if (check.kind == "container") return read_container(*map.take("container"), check, context);
  if (check.kind == "http") check.target = text_that(map, "http", is_numeric_web_url, "an http:// address with a numeric host");
  if (check.kind == "pull") check.target = text_that(map, "pull", is_image, "an image's name");
  if (check.kind == "file") check.target = text_that(map, "file", is_absolute_path, "an absolute path");
}

}  // namespace

RegistrySection read_registry(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "registry keys");
  RegistrySection registry;
  registry.enabled = map.boolean("enabled", true);
  registry.program = text_that(map, "program", is_program, "package:NAME or image:NAME");
  registry.listen = text_that(map, "listen", is_numeric_endpoint, "a numeric ADDRESS:PORT", registry.listen);
  registry.storage = text_that(map, "storage", is_absolute_path, "an absolute path", registry.storage);
  registry.auth = map.one_of("auth", {"none", "htpasswd"}, registry.auth);
  registry.account = text_that(map, "account", is_account, "an account's name in small letters", registry.account);
  registry.tls = map.boolean("tls", false);
  registry.own_names = texts_that(map, "own_names", is_site_domain, "an upstream registry's name like quay.io");
  registry.push_port = number_between(map, "push_port", registry.push_port, 1, k_max_port);
  if (registry.auth != "none" && registry.listen.ends_with(cat(":", registry.push_port)))
    context.faults.add(node, cat("the registry cannot be pulled from and pushed to at the same port ", registry.push_port), "give another 'push_port'");
  if (registry.auth == "none") {
    for (const char* key : {"account", "push_port"}) {
      if (const YamlNode* given = map.take(key)) context.faults.add(*given, cat("key '", key, "': needs auth: htpasswd"));
    }
  }
  registry.existing = map.boolean("existing", false);
  if (registry.existing) {
    for (const char* key : {"program", "listen", "storage", "auth", "tls", "own_names"}) {
      if (const YamlNode* given = map.take(key)) context.faults.add(*given, cat("key '", key, "': the site has the registry; it says where in its answers"));
    }
  }
  if (registry.enabled && !registry.existing && node.kind == YamlNode::Kind::map && map.take("program") == nullptr)
    context.faults.add(node, "missing key 'program'", "where the registry comes from: package:docker-registry, or image:registry:2");
  context.finish(map, "registry");
  return registry;
}

RuntimeSection read_runtime(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "runtime keys");
  RuntimeSection runtime;
  runtime.kind = map.one_of("kind", {"docker", "containerd", "none"}, runtime.kind);
  runtime.log_max_size = text_that(map, "log_max_size", is_log_size, "a size like 50m", runtime.log_max_size);
  runtime.log_max_files = number_between(map, "log_max_files", runtime.log_max_files, 1, k_max_log_files);
  runtime.insecure_registries = texts_that(map, "insecure_registries", is_registry_range, "HOST:PORT or an address range");
  runtime.preload = texts_that(map, "preload", is_image, "an image's name");
  runtime.nvidia = map.boolean("nvidia", runtime.nvidia);
  runtime.nvidia_default = map.boolean("nvidia_default", runtime.nvidia_default);
  context.finish(map, "runtime");
  return runtime;
}

Check read_check(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "check keys");
  Check check;
  check.name = require_text_that(map, "name", is_title, "one line of text");
  const std::vector<std::string> kinds = given_keys(map, k_check_kinds);
  if (kinds.size() == 1) {
    check.kind = kinds[0];
    read_kind(map, check, context);
  } else if (node.kind == YamlNode::Kind::map) {
    context.faults.add(node,
                       cat("expected exactly one of ", join(k_check_kinds, ", "), "; found ", kinds.empty() ? "none" : join(kinds, ", ")));
  }
  check.expect = map.text("expect");
  check.time_limit = number_between(map, "time_limit", check.time_limit, 1, k_max_time_limit);
  context.finish(map, "checks");
  return check;
}

}  // namespace rootcellar
