// What a registry's storage directory holds, in the layout of the CNCF distribution registry: its paths, its repositories, and which images
// came later.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bundle/base/digest.h"
#include "bundle/index.h"
#include "installer/host/host_system.h"

namespace rootcellar {

/// Paths below a storage root. The layout: distribution's registry/storage/paths.go, version 2.
struct RegistryPaths {
  std::string root;  ///< "ROOT/docker/registry/v2"

  explicit RegistryPaths(const std::string& storage_root) : root(path_join(storage_root, "docker/registry/v2")) {}
  std::string repositories() const { return path_join(root, "repositories"); }
  std::string blob_directory(const Digest& digest) const;
  std::string blob(const Digest& digest) const;  ///< ".../blobs/sha256/ab/ab12.../data"
  std::string repository(const std::string& name) const { return path_join(repositories(), name); }
  std::string layer_link(const std::string& name, const Digest& digest) const;
  std::string revision_link(const std::string& name, const Digest& digest) const;
  std::string tag_directory(const std::string& name, const std::string& tag) const;
  std::string tag_link(const std::string& name, const std::string& tag) const;
  std::string tag_history_link(const std::string& name, const std::string& tag, const Digest& digest) const;
};

/// The names a repository of a bundle has in the registry: its own, and for docker.io's the one without the host, because docker's
/// registry-mirrors asks there. A name that is no safe path is an InputError.
std::vector<std::string> registry_names(const std::string& repository);

/// An image of a bundle under one of its names.
struct RegistryImage {
  std::string repository;
  std::vector<std::string> tags;
  Digest digest;
  std::vector<Digest> manifests;  ///< all revisions
  std::vector<Digest> layers;     ///< configs and layers
};
/// Under all names. `images`: repositories of the index to take; empty: all.
std::vector<RegistryImage> registry_images(const Index& index, const std::vector<std::string>& images);

/// True when `keep_tags` ("library/nginx:1.22") names the tag.
bool keeps_tag(const std::vector<std::string>& keep_tags, const std::string& repository, const std::string& tag);

struct StoredRepository {
  std::string name;
  std::map<std::string, Digest> tags;  ///< what each points to now
  std::set<Digest> revisions;
  std::set<Digest> layers;
};
/// Sorted by name; links that hold no digest are passed over.
std::vector<StoredRepository> read_repositories(const std::string& root, HostSystem& host);
/// Digests that a stored manifest names (config, layers, manifests of an index); empty when it is absent or not JSON.
std::set<Digest> digests_in_manifest(const RegistryPaths& paths, const Digest& manifest, HostSystem& host);
/// These manifests, those they list, and everything all of them name.
std::set<Digest> manifest_closure(const RegistryPaths& paths, const std::set<Digest>& manifests, HostSystem& host);

/// An image that people pushed: not in the bundle, or under a tag that the bundle does not have.
struct ForeignImage {
  std::string repository;
  std::string tag;  ///< empty: only by digest
  Digest digest;
  std::uint64_t bytes = 0;  ///< of its blobs that the bundle does not have
};
std::vector<ForeignImage> list_foreign_images(const std::string& root, const Index& index, HostSystem& host);

}  // namespace rootcellar
