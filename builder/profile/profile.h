// An appliance as its author describes it: includes, variables and the chosen variant already applied. docs/profile.md is the key table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/appliance.h"
#include "bundle/base/error.h"

namespace rootcellar {

/// A file put into an image made by a recipe, or on the target.
struct ProfileFileContent {
  std::string url;   ///< exactly one of url, path, text
  std::string path;  ///< relative to the profile file that names it
  std::string text;
  std::string resolved_path;     ///< `path` made relative to the main profile's folder
  std::optional<Digest> sha256;  ///< with url: this or checksum_url
  std::optional<std::uint64_t> size;
  bool pin_when_locked = false;  ///< with url, instead of sha256: what the server sends then, over TLS
  std::string checksum_url;      ///< upstream's own text with the SHA-256 of what lies at `url`; pinned when locking
  std::string member;            ///< the file meant is this one inside the archive at url or path
};

/// Makes an image from distribution packages with mmdebstrap: one uncompressed layer, reproducible.
struct Recipe {
  std::string suite;  ///< empty: the target's codename
  std::vector<std::string> packages;
  std::vector<std::pair<std::string, ProfileFileContent>> files;  ///< absolute path in the image -> content
  std::map<std::string, std::uint32_t> modes;                     ///< of `files`, default 0644
  std::vector<std::string> remove;                                ///< absolute paths taken out afterwards, "/usr/share/doc"
  std::vector<std::string> entrypoint, command, environment, ports, volumes;
  std::string user, directory;
};

struct ProfileImage {
  std::string name;  ///< upstream name as written: "nginx:1.22", "quay.io/x/y@sha256:..."
  std::optional<Recipe> recipe;
  TextPlace place;  ///< for messages
};

struct ProfileFile {
  std::string name;
  ProfileFileContent content;
  std::string destination;
  std::uint32_t mode = 0644;
  std::string owner = "root", group = "root";
  TextPlace place;
};

/// Packages that only some machines get.
struct PackageGroup {
  std::string name;  ///< "role:gpuWorker", "gpu-driver"
  std::vector<std::string> install;
};

struct ProfilePackages {
  std::string base = "debian-12-minimal";
  std::string sources = "system";   ///< the builder machine's own apt sources
  std::vector<std::string> suites;  ///< empty: those of the target release (CODENAME, -updates, -security) among the sources
  bool recommends = false;
  std::vector<std::string> install;  ///< "docker.io" or "docker.io=20.10.24*"
  std::vector<PackageGroup> groups;  ///< of cluster.roles and gpu
};

/// Where a chart comes from: `content` (url, or a path to a folder or an archive), or a version of a name in a chart repository, or of an
/// image repository ("oci://...").
struct ProfileChart {
  ProfileFileContent content;
  std::string repository;  ///< http(s) address of the folder with index.yaml
  std::string oci;         ///< "oci://ghcr.io/lab/charts/web"
  std::string name, version;
};

/// A deployment before it is looked up: `described` lacks the files, which the lock adds.
struct ProfileDeployment {
  Deployment described;
  std::vector<ProfileFileContent> files;  ///< of a manifest
  std::optional<ProfileChart> chart;
  std::string kustomize;  ///< a local folder, relative to the main profile's; rendered when locking
  TextPlace place;
};

/// Files that travel out of their archive and are unpacked into a folder.
struct ProfileData {
  DataArtifact described;      ///< without path and unpacked, which the lock adds
  ProfileFileContent content;  ///< the archive
  std::uint64_t strip = 0;     ///< components taken from the front of each name
  std::optional<std::uint32_t> file_mode, directory_mode;  ///< nothing: the archive's own permissions
  TextPlace place;
};

struct ProfileCluster {
  ClusterSection described;  ///< without network and deploy, which the lock adds
  std::vector<ProfileDeployment> network, deploy;
  TextPlace place;
};

struct Profile {
  std::string file;  ///< as given
  std::string product, title, variant, architecture;
  TargetRelease target;
  std::uint64_t expires_after_days = 730;
  std::string installer_min;  ///< empty: this version
  ProfilePackages packages;
  std::vector<ProfileImage> images;
  std::vector<ProfileFile> files;  ///< those of cluster.binaries too, after the others
  RegistrySection registry;
  RuntimeSection runtime;
  GpuSection gpu;
  ProfileCluster cluster;
  std::vector<Check> checks;
  NfsSection nfs;
  std::vector<ProfileData> data;
  LanSection lan;
};

struct ProfileOptions {
  std::string variant;                                   ///< empty: the profile's first variant
  std::string architecture;                              ///< empty: this machine's
  std::vector<std::pair<std::string, std::string>> set;  ///< --set KEY=VALUE: variables
};

/// Reads, includes, substitutes, merges the variant, checks. All faults of all files at once as one InputError.
Profile load_profile(const std::string& path, const ProfileOptions& options);
/// For `lint`: load_profile for every variant and architecture the profile declares. Returns "variant/arch" names checked, and warnings.
struct LintReport {
  std::vector<std::string> checked;
  std::vector<std::string> warnings;
};
LintReport lint_profile(const std::string& path);

/// An image reference in full: "nginx:1.22" -> docker.io/library/nginx, tag 1.22. Follows Docker's and the OCI distribution specification's
/// grammar.
struct ImageName {
  std::string repository;  ///< "docker.io/library/nginx": upstream host first
  std::string tag;         ///< empty when only a digest is given
  std::optional<Digest> digest;
  std::string text() const;  ///< "docker.io/library/nginx:1.22"
  std::string host() const;
  std::string path() const;  ///< "library/nginx"
  bool operator==(const ImageName&) const = default;
};
/// Nothing when it is not a valid reference; `reason` then says why.
std::optional<ImageName> parse_image_name(std::string_view text, std::string* reason = nullptr);

}  // namespace rootcellar
