#include "builder/source/image_document.h"

#include <algorithm>

#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr const char* k_path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> environment_of(const Recipe& recipe) {
  std::vector<std::string> out = recipe.environment;
  const bool has_path = std::any_of(out.begin(), out.end(), [](const std::string& entry) { return entry.starts_with("PATH="); });
  if (!has_path) out.insert(out.begin(), k_path);
  return out;
}

/// A set, as the specification writes one: {"80/tcp": {}}.
JsonValue set_of(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  JsonValue out = JsonValue::object();
  for (const std::string& name : names) out.set(name, JsonValue::object());
  return out;
}

std::vector<std::string> with_protocol(std::vector<std::string> ports) {
  for (std::string& port : ports) {
    if (port.find('/') == std::string::npos) port += "/tcp";
  }
  return ports;
}

JsonValue execution_of(const Recipe& recipe) {
  JsonValue out = JsonValue::object();
  if (!recipe.command.empty()) out.set("Cmd", JsonValue::string_array(recipe.command));
  if (!recipe.entrypoint.empty()) out.set("Entrypoint", JsonValue::string_array(recipe.entrypoint));
  out.set("Env", JsonValue::string_array(environment_of(recipe)));
  if (!recipe.ports.empty()) out.set("ExposedPorts", set_of(with_protocol(recipe.ports)));
  if (!recipe.user.empty()) out.set("User", JsonValue::string(recipe.user));
  if (!recipe.volumes.empty()) out.set("Volumes", set_of(recipe.volumes));
  if (!recipe.directory.empty()) out.set("WorkingDir", JsonValue::string(recipe.directory));
  return out;
}

JsonValue descriptor(const char* type, const Digest& digest, std::uint64_t size) {
  JsonValue out = JsonValue::object();
  out.set("digest", JsonValue::string(digest.named()));
  out.set("mediaType", JsonValue::string(type));
  out.set("size", JsonValue::number(size));
  return out;
}

}  // namespace

std::string image_config(const Recipe& recipe, const std::string& architecture, const Digest& layer, std::int64_t created) {
  JsonValue history = JsonValue::object();
  history.set("created", JsonValue::string(format_time(created)));
  history.set("created_by", JsonValue::string("rootcellar recipe"));
  JsonValue root = JsonValue::object();
  root.set("diff_ids", JsonValue::string_array({layer.named()}));
  root.set("type", JsonValue::string("layers"));
  JsonValue config = JsonValue::object();
  config.set("architecture", JsonValue::string(architecture));
  config.set("config", execution_of(recipe));
  config.set("created", JsonValue::string(format_time(created)));
  config.set("history", JsonValue::array({history}));
  config.set("os", JsonValue::string("linux"));
  config.set("rootfs", root);
  return config.dump();
}

std::string image_manifest(const std::string& config, const Digest& layer, std::uint64_t layer_size) {
  JsonValue manifest = JsonValue::object();
  manifest.set("config", descriptor(k_config_type, sha256(as_bytes(config)), config.size()));
  manifest.set("layers", JsonValue::array({descriptor(k_layer_type, layer, layer_size)}));
  manifest.set("mediaType", JsonValue::string(k_manifest_type));
  manifest.set("schemaVersion", JsonValue::number(2));
  return manifest.dump();
}

}  // namespace rootcellar
