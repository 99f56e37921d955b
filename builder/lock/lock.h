// Every input of a bundle pinned by digest and size: what `build` uses, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/profile/profile.h"
#include "bundle/appliance.h"
#include "bundle/index.h"

namespace rootcellar {

/// Where a blob lies inside another one, which the blob's url or path then names.
struct LockedArchive {
  /// All of it, written anew as bundle/tree_tar.h says.
  struct Tree {
    std::uint64_t strip = 0;
    std::optional<std::uint32_t> file_mode, directory_mode;
  };
  Digest digest;
  std::uint64_t size = 0;
  std::string member;        ///< empty with `tree`
  std::optional<Tree> tree{};
};

/// A pinned sequence of bytes and where it comes from upstream. No path or mirror of the builder.
struct LockedBlob {
  Digest digest;
  std::uint64_t size = 0;
  std::string media_type;  ///< of image blobs; empty for files
  std::string url;         ///< upstream http(s) or oci URL, or a data: URL that holds a text of the profile itself; empty: not from a URL
  std::string path;        ///< relative to the lock's folder; empty: not a local file. A folder: the chart that it is, packed
  std::optional<LockedArchive> archive;  ///< the bytes are a member of what lies at url or path
};

/// An image: its manifests and blobs. Recipe images carry the recipe, so that `build` can make their layer again.
struct LockedImage {
  std::string repository;  ///< "docker.io/library/nginx"
  std::vector<std::string> tags;
  Digest digest;
  std::vector<ManifestEntry> manifests;
  std::vector<LockedBlob> blobs;             ///< manifests, configs and layers, each once
  std::optional<Recipe> recipe;              ///< made here; nothing: pulled from the registry named by the repository
  std::vector<std::string> recipe_packages;  ///< "name=version architecture sha256" of what is in the layer, sorted
};

struct LockedFile {
  PlacedFile placed;
  LockedBlob blob;
};

struct LockedPackage {
  PackageFile package;
  LockedBlob blob;  ///< url = upstream URI of the .deb
};

/// InRelease, Packages, keyrings: exactly as served. `path` is the FileEntry path below "apt/".
struct LockedAptFile {
  std::string path;
  LockedBlob blob;
};

/// A manifest or a chart. `path` is the FileEntry path, "cluster/DEPLOYMENT/...", which the deployment names.
struct LockedDeployed {
  std::string path;
  LockedBlob blob;
};

struct LockedData {
  DataArtifact placed;
  LockedBlob blob;
};

struct Lock {
  std::string product, title, variant, architecture;
  std::string installer_min;
  std::string builder;  ///< version of rootcellar that locked
  std::string zstd;     ///< libzstd: same version, same bytes
  std::uint64_t serial = 0;
  std::int64_t created = 0;  ///< the newest input's time
  std::int64_t expires = 0;
  TargetRelease target;
  std::string packages_base;
  std::vector<std::string> packages_install;
  std::vector<AptSource> apt_sources;
  std::vector<LockedAptFile> apt_files;
  std::vector<LockedPackage> packages;
  std::vector<LockedImage> images;
  std::vector<LockedFile> files;
  RegistrySection registry;
  RuntimeSection runtime;
  GpuSection gpu;
  ClusterSection cluster;
  std::vector<LockedDeployed> deployed;
  std::vector<Check> checks;
  NfsSection nfs;
  LanSection lan;
  std::vector<LockedData> data;
};

/// Sorted strict YAML; same lock, same text.
std::string encode_lock(const Lock& lock);
/// All faults at once as one InputError.
Lock parse_lock(std::string_view text, std::string_view file);
Lock read_lock(const std::string& path);

/// What the bundle's index holds besides frames: images, files, appliance. Pure.
Index index_tables(const Lock& lock);
/// All blobs in the order they are stored in the bundle: what the installer needs first comes first (apt indexes and debs, the registry's
/// image, images in lock order, files), each digest once, with its mode: uncompressed tars and plain files `file`, everything compressed
/// already `asis`.
struct PlannedBlob {
  LockedBlob blob;
  BlobMode mode = BlobMode::asis;
  const LockedImage* image = nullptr;  ///< which image it belongs to, if any
  std::string what;                    ///< for people: "layer 2 of docker.io/library/nginx:1.22"
};
std::vector<PlannedBlob> storage_order(const Lock& lock);

}  // namespace rootcellar
