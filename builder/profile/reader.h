// From one merged tree to a Profile: each section is read by one function, which knows its keys.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "builder/profile/profile.h"
#include "bundle/base/yaml.h"

namespace rootcellar {

/// What every section's reader needs.
struct ReadContext {
  YamlFaults& faults;
  std::string folder;                        ///< of the main profile
  std::vector<std::string>* keys = nullptr;  ///< when set, receives "SECTION.KEY" for every key that is known

  /// map.finish(), and the section's keys are recorded.
  void finish(YamlMap& map, std::string_view section) const;
};

struct ReadResult {
  Profile profile;
  std::vector<std::string> architectures;
};

ReadResult read_profile_tree(const YamlNode& root, const ReadContext& context);

ProfilePackages read_packages(const YamlNode& node, const ReadContext& context);
ProfileImage read_image(const YamlNode& node, const ReadContext& context);
ProfileFile read_file_item(const YamlNode& node, const ReadContext& context);
RegistrySection read_registry(const YamlNode& node, const ReadContext& context);
RuntimeSection read_runtime(const YamlNode& node, const ReadContext& context);
GpuSection read_gpu(const YamlNode& node, const ReadContext& context);
/// What gpu says about other sections, once all are read.
void finish_gpu(const YamlNode& root, Profile& profile, YamlFaults& faults);
/// The packages of roles and of the carried driver, into profile.packages.
void collect_package_groups(Profile& profile);
Check read_check(const YamlNode& node, const ReadContext& context);
/// The section, and what its binaries add to the profile's files.
void read_cluster(const YamlNode& node, Profile& profile, const ReadContext& context);
ProfileDeployment read_deployment(const YamlNode& node, const ReadContext& context);

/// A deployment's 'job' and one of cluster.exports.
void read_job(const YamlNode& node, Deployment& job, const ReadContext& context);
ClusterExport read_export(const YamlNode& node, const ReadContext& context);
/// Every process of a machine can read the arguments of every other, and the API server keeps a pod's for everybody who may see pods.
void refuse_secret_arguments(const YamlNode* list, std::string_view hint, YamlFaults& faults);
NfsSection read_nfs(const YamlNode& node, const ReadContext& context);
LanSection read_lan(const YamlNode& node, const ReadContext& context);
ProfileData read_data(const YamlNode& node, const ReadContext& context);
RoleDisk read_role_disk(const YamlNode& node, const ReadContext& context);

/// url, path, text, sha256 and size of `map`, for files of recipes.
ProfileFileContent read_content(YamlMap& map, const ReadContext& context);
/// The same, and what only the lock can follow: checksum_url and member.
ProfileFileContent read_pinned_content(YamlMap& map, const ReadContext& context);
/// The same for a whole archive: url or path, and how it is pinned.
ProfileFileContent read_archive_content(YamlMap& map, const ReadContext& context);
/// `path` as a person wrote it, from the folder of the file that says so: on this machine, and as seen from the main profile's folder.
struct LocalPath {
  std::string path, resolved;
};
std::optional<LocalPath> read_local_path(const YamlNode& node, std::string_view key, const ReadContext& context);
std::uint32_t read_mode(YamlMap& map, std::uint32_t fallback = 0644);
std::uint64_t number_between(YamlMap& map, std::string_view key, std::uint64_t fallback, std::uint64_t least, std::uint64_t most);
/// The text under `key` for the site to fill in; a fault in its places is told where the text stands.
std::string read_site_text(YamlMap& map, std::string_view key);
/// Where a node stands, for messages after the tree is gone.
TextPlace place_of(const YamlNode& node);
/// Those of `keys` that are given; each is taken, so that none is an unknown key.
std::vector<std::string> given_keys(YamlMap& map, const std::vector<std::string>& keys);

/// Text under `key` that obeys `rule`; otherwise a fault saying what was expected. Absent: `fallback`.
using TextRule = bool (*)(std::string_view);
std::string text_that(YamlMap& map, std::string_view key, TextRule rule, std::string_view expected, std::string fallback = {});
std::string require_text_that(YamlMap& map, std::string_view key, TextRule rule, std::string_view expected);
std::vector<std::string> texts_that(YamlMap& map, std::string_view key, TextRule rule, std::string_view expected);

/// What one section says about another: images that checks name, the package the registry comes from, destinations given twice.
void check_references(const YamlNode& root, const Profile& profile, YamlFaults& faults);
/// The same for the cluster.
void check_cluster(const YamlNode& root, const Profile& profile, YamlFaults& faults);
/// The same for exports and data.
void check_storage(const YamlNode& root, const Profile& profile, YamlFaults& faults);
/// Packages that the section lan needs.
void check_lan(const YamlNode& root, const Profile& profile, YamlFaults& faults);

}  // namespace rootcellar
