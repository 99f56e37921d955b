#include "builder/profile/profile_keys.h"

#include <algorithm>

#include "builder/profile/reader.h"

namespace rootcellar {
namespace {

// One of every section, so that every section's reader runs. What it finds wrong with them does not matter here.
constexpr std::string_view k_one_of_each = R"(
target: {}
packages: {install: [{name: x}]}
images: [{recipe: {files: [{}]}}]
files: [{}]
registry: {}
runtime: {}
gpu: {}
cluster:
  roles: [{directories: [{}], disks: [{}]}]
  ports: [{}]
  secrets: [{}]
  binaries: [{}]
  deploy: [{manifest: {files: [{}]}, chart: {}, exec: {}, job: {environment: [{}]}, waits: [{jsonpath: {}}], captures: [{}]}]
  exports: [{}]
checks: [{container: {}}]
nfs: {exports: [{}]}
data: [{}]
lan: {links: [{}], balancer: {}}
)";

}  // namespace

std::vector<std::string> known_profile_keys() {
  YamlFaults faults;
  // Read before the tree is made: how files are put together, and the mark of a removed item.
  std::vector<std::string> keys{"rootcellar",
                                "include",
                                "variables",
                                "variants",
                                "packages.install.remove",
                                "images.remove",
                                "files.remove",
                                "checks.remove",
                                "nfs.exports.remove",
                                "data.remove",
                                "cluster.network.remove",
                                "cluster.roles.remove",
                                "cluster.ports.remove",
                                "cluster.secrets.remove",
                                "cluster.binaries.remove",
                                "cluster.exports.remove",

                                "cluster.deploy.remove"};
  const YamlNode root = parse_yaml(k_one_of_each, "keys");
  read_profile_tree(root, {faults, ".", &keys});
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace rootcellar
