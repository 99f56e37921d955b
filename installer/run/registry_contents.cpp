#include "installer/run/registry_contents.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_docker_hub = "docker.io/";
constexpr std::size_t k_link_limit = 256;
constexpr std::size_t k_manifest_limit = std::size_t{4} << 20;  // the registry's own limit for a manifest
constexpr int k_name_depth = 32;

std::optional<Digest> read_link_file(const std::string& path, HostSystem& host) {
  const auto text = host.read_file(path, k_link_limit);
  return text ? Digest::from_named(trim(*text)) : std::nullopt;
}

// Names "HEX" of a directory of links, each with its link file.
std::set<Digest> read_links(const std::string& directory, HostSystem& host) {
  std::set<Digest> digests;
  for (const std::string& name : host.list(directory)) {
    const auto digest = read_link_file(path_join(directory, name + "/link"), host);
    if (digest && digest->hex() == name) digests.insert(*digest);
  }
  return digests;
}

StoredRepository read_repository(const RegistryPaths& paths, const std::string& name, HostSystem& host) {
  StoredRepository repository{.name = name, .tags = {}, .revisions = {}, .layers = {}};
  const std::string base = paths.repository(name);
  repository.revisions = read_links(base + "/_manifests/revisions/sha256", host);
  repository.layers = read_links(base + "/_layers/sha256", host);
  for (const std::string& tag : host.list(base + "/_manifests/tags")) {
    if (const auto digest = read_link_file(paths.tag_link(name, tag), host)) repository.tags.emplace(tag, *digest);
  }
  return repository;
}

void find_repositories(const RegistryPaths& paths, const std::string& name, int depth, HostSystem& host,
                       std::vector<StoredRepository>& found) {
  if (depth > k_name_depth) return;
  bool is_repository = false;
  for (const std::string& entry : host.list(name.empty() ? paths.repositories() : paths.repository(name))) {
    if (entry.starts_with('_'))
      is_repository = true;
    else if (!entry.starts_with('.'))
      find_repositories(paths, name.empty() ? entry : cat(name, '/', entry), depth + 1, host, found);
  }
  if (is_repository) found.push_back(read_repository(paths, name, host));
}

void collect_digests(const JsonValue& json, std::set<Digest>& digests) {
  for (const auto& [name, value] : json.members()) {
    const auto digest = name == "digest" && value.is_string() ? Digest::from_named(value.as_string()) : std::nullopt;
    if (digest) digests.insert(*digest);
    collect_digests(value, digests);
  }
  for (const JsonValue& item : json.items()) collect_digests(item, digests);
}

struct BundleContents {
  std::set<std::pair<std::string, std::string>> tags;  // repository, tag
  std::set<std::pair<std::string, Digest>> revisions;  // repository, manifest
  std::set<Digest> blobs;
};

BundleContents contents_of(const Index& index) {
  BundleContents contents;
  for (const RegistryImage& image : registry_images(index, {})) {
    for (const std::string& tag : image.tags) contents.tags.emplace(image.repository, tag);
    for (const Digest& manifest : image.manifests) contents.revisions.emplace(image.repository, manifest);
  }
  for (const BlobEntry& blob : index.blobs) contents.blobs.insert(blob.digest);
  return contents;
}

ForeignImage foreign_image(const RegistryPaths& paths, const std::string& repository, const std::string& tag, const Digest& digest,
                           const BundleContents& ours, HostSystem& host) {
  ForeignImage image{.repository = repository, .tag = tag, .digest = digest, .bytes = 0};
  for (const Digest& blob : manifest_closure(paths, {digest}, host)) {
    const auto found = ours.blobs.contains(blob) ? std::nullopt : host.status(paths.blob(blob));
    if (found) image.bytes += found->size;
  }
  return image;
}

void add_foreign(const RegistryPaths& paths, const StoredRepository& repository, const BundleContents& ours, HostSystem& host,
                 std::vector<ForeignImage>& images) {
  std::set<Digest> named;
  for (const auto& [tag, digest] : repository.tags) {
    if (ours.tags.contains({repository.name, tag}) && ours.revisions.contains({repository.name, digest})) continue;
    images.push_back(foreign_image(paths, repository.name, tag, digest, ours, host));
    named.merge(manifest_closure(paths, {digest}, host));
  }
  for (const Digest& revision : repository.revisions) {
    if (named.contains(revision) || ours.revisions.contains({repository.name, revision})) continue;
    images.push_back(foreign_image(paths, repository.name, "", revision, ours, host));
  }
}

}  // namespace

std::string RegistryPaths::blob_directory(const Digest& digest) const {
  const std::string hex = digest.hex();
  return cat(root, "/blobs/sha256/", hex.substr(0, 2), '/', hex);
}
std::string RegistryPaths::blob(const Digest& digest) const { return blob_directory(digest) + "/data"; }
std::string RegistryPaths::layer_link(const std::string& name, const Digest& digest) const {
  return cat(repository(name), "/_layers/sha256/", digest.hex(), "/link");
}
std::string RegistryPaths::revision_link(const std::string& name, const Digest& digest) const {
  return cat(repository(name), "/_manifests/revisions/sha256/", digest.hex(), "/link");
}
std::string RegistryPaths::tag_directory(const std::string& name, const std::string& tag) const {
  return cat(repository(name), "/_manifests/tags/", tag);
}
std::string RegistryPaths::tag_link(const std::string& name, const std::string& tag) const {
  return tag_directory(name, tag) + "/current/link";
}
std::string RegistryPaths::tag_history_link(const std::string& name, const std::string& tag, const Digest& digest) const {
  return cat(tag_directory(name, tag), "/index/sha256/", digest.hex(), "/link");
}

std::vector<std::string> registry_names(const std::string& repository) {
  std::vector<std::string> names = {RelPath::require(repository, "a repository name in the bundle's index").str()};
  for (const std::string_view part : split(repository, '/')) {
    if (part.starts_with('_') || part.starts_with('.'))
      throw InputError(cat("a repository name in the bundle's index: '", printable(repository), "' has a part that starts with '",
                           part.substr(0, 1), "'"));
  }
  if (repository.starts_with(k_docker_hub)) names.push_back(repository.substr(k_docker_hub.size()));
  return names;
}

std::vector<RegistryImage> registry_images(const Index& index, const std::vector<std::string>& images) {
  std::vector<RegistryImage> found;
  for (const ImageEntry& entry : index.images) {
    if (!images.empty() && std::find(images.begin(), images.end(), entry.repository) == images.end()) continue;
    RegistryImage image{.repository = {}, .tags = entry.tags, .digest = entry.digest, .manifests = {}, .layers = {}};
    for (const std::string& tag : image.tags) RelPath::require(cat("tags/", tag, "/current"), "a tag in the bundle's index");
    for (const ManifestEntry& manifest : entry.manifests) {
      image.manifests.push_back(manifest.digest);
      image.layers.insert(image.layers.end(), manifest.blobs.begin(), manifest.blobs.end());
    }
    for (const std::string& name : registry_names(entry.repository)) {
      image.repository = name;
      found.push_back(image);
    }
  }
  return found;
}

bool keeps_tag(const std::vector<std::string>& keep_tags, const std::string& repository, const std::string& tag) {
  return std::find(keep_tags.begin(), keep_tags.end(), cat(repository, ":", tag)) != keep_tags.end();
}

std::vector<StoredRepository> read_repositories(const std::string& root, HostSystem& host) {
  std::vector<StoredRepository> found;
  find_repositories(RegistryPaths(root), "", 0, host, found);
  std::sort(found.begin(), found.end(), [](const StoredRepository& a, const StoredRepository& b) { return a.name < b.name; });
  return found;
}

std::set<Digest> digests_in_manifest(const RegistryPaths& paths, const Digest& manifest, HostSystem& host) {
  const auto found = host.status(paths.blob(manifest));
  std::set<Digest> digests;
  if (!found || found->size > k_manifest_limit) return digests;
  const std::string text = host.read_file(paths.blob(manifest), k_manifest_limit).value_or("");
  try {
    collect_digests(parse_json(text, manifest.named()), digests);
  } catch (const InputError&) {
    return {};  // a layer, or a manifest that nobody can pull either
  }
  return digests;
}

std::set<Digest> manifest_closure(const RegistryPaths& paths, const std::set<Digest>& manifests, HostSystem& host) {
  std::set<Digest> closure = manifests;
  std::vector<Digest> to_read(manifests.begin(), manifests.end());
  // Two levels: an index lists manifests, a manifest lists blobs; an index of indexes is not OCI.
  for (int level = 0; level < 2; ++level) {
    std::vector<Digest> next;
    for (const Digest& manifest : to_read) {
      for (const Digest& digest : digests_in_manifest(paths, manifest, host)) {
        if (closure.insert(digest).second) next.push_back(digest);
      }
    }
    to_read = std::move(next);
  }
  return closure;
}

std::vector<ForeignImage> list_foreign_images(const std::string& root, const Index& index, HostSystem& host) {
  const RegistryPaths paths(root);
  const BundleContents ours = contents_of(index);
  std::vector<ForeignImage> images;
  for (const StoredRepository& repository : read_repositories(root, host)) add_foreign(paths, repository, ours, host, images);
  return images;
}

}  // namespace rootcellar
