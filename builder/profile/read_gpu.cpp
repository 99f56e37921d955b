// NVIDIA's cards, and the groups of packages that only some machines get.
#include <algorithm>

#include "builder/profile/reader.h"
#include "builder/profile/value_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_max_branch = 9999;

/// What a carried driver cannot do without, and a machine's own has no use for.
void check_driver(YamlMap& map, const GpuSection& gpu) {
  for (const char* key : {"packages", "branch"}) {
    const YamlNode* given = map.take(key);
    if (gpu.driver == "host" && given != nullptr) map.faults().add(*given, cat("key '", key, "': needs driver: packages"));
    if (gpu.driver == "packages" && given == nullptr)
      map.faults().add(map.node(), cat("missing key '", key, "'"), "of the driver that the bundle carries");
  }
}

const YamlNode* find(const YamlNode& root, std::string_view section, std::string_view key) {
  const YamlNode* node = root.find(section);
  return node == nullptr ? nullptr : node->find(key);
}

void check_role(const YamlNode& root, const Profile& profile, YamlFaults& faults) {
  const YamlNode* node = find(root, "gpu", "role");
  if (node == nullptr) return;
  std::vector<std::string> roles;
  for (const NodeRole& role : profile.cluster.described.roles) roles.push_back(role.name);
  if (std::find(roles.begin(), roles.end(), profile.gpu.role) != roles.end()) return;
  const auto near = did_you_mean(profile.gpu.role, roles);
  faults.add(*node, cat("role '", printable(profile.gpu.role, 80), "' is not among cluster.roles"),
             near ? cat("did you mean '", *near, "'?") : std::string());
}

/// containerd's settings are written for a cluster only.
void check_runtime(const YamlNode& root, const Profile& profile, YamlFaults& faults) {
  const bool settings = profile.runtime.kind == "docker" || (profile.runtime.kind == "containerd" && profile.cluster.described.enabled);
  if (!profile.runtime.nvidia || settings) return;
  const YamlNode* key = find(root, "runtime", "nvidia");
  faults.add(key != nullptr ? *key : *root.find("gpu"), "NVIDIA's runtime needs runtime.kind: docker, or containerd and a cluster");
}

}  // namespace

GpuSection read_gpu(const YamlNode& node, const ReadContext& context) {
  YamlMap map(node, context.faults, "gpu keys");
  GpuSection gpu;
  gpu.enabled = map.boolean("enabled", true);
  gpu.role = text_that(map, "role", is_file_name, "a role's name");
  gpu.driver = map.one_of("driver", {"host", "packages"}, gpu.driver);
  gpu.packages = texts_that(map, "packages", is_package_name, "a package's name");
  gpu.branch = number_between(map, "branch", gpu.branch, 1, k_max_branch);
  if (node.kind == YamlNode::Kind::map) check_driver(map, gpu);
  context.finish(map, "gpu");
  return gpu;
}

void finish_gpu(const YamlNode& root, Profile& profile, YamlFaults& faults) {
  if (profile.gpu.enabled) profile.runtime.nvidia = true;
  check_role(root, profile, faults);
  check_runtime(root, profile, faults);
}

void collect_package_groups(Profile& profile) {
  if (profile.cluster.described.enabled) {
    for (const NodeRole& role : profile.cluster.described.roles) {
      if (!role.packages.empty()) profile.packages.groups.push_back({cat("role:", role.name), role.packages});
    }
  }
  if (profile.gpu.enabled && !profile.gpu.packages.empty()) profile.packages.groups.push_back({"gpu-driver", profile.gpu.packages});
}

}  // namespace rootcellar
