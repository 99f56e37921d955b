// What a lock says about the bundle: its tables, and the order its blobs are stored in.
#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <unordered_set>

#include "builder/lock/lock.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

bool ends_with_one_of(std::string_view text, std::span<const std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return text.ends_with(ending); });
}

/// Compressed by whoever made it: compressing again costs time and gains nothing.
bool is_compressed_name(std::string_view path) {
  constexpr std::array<std::string_view, 20> k_endings{".gz",  ".tgz", ".xz",  ".txz", ".zst", ".bz2",    ".tbz", ".lz4", ".lzma", ".br",
                                                       ".zip", ".jar", ".whl", ".deb", ".rpm", ".cellar", ".jpg", ".png", ".mp4",  ".7z"};
  return ends_with_one_of(path, k_endings);
}

/// By what the media type promises (OCI image specification, "Media Types"; Docker image manifest version 2, schema 2).
BlobMode mode_of_media_type(std::string_view type) {
  constexpr std::array<std::string_view, 4> k_plain{"+json", ".tar", "/json", "-tar"};
  return ends_with_one_of(type, k_plain) ? BlobMode::file : BlobMode::asis;
}

FileEntry file_entry(std::string path, const LockedBlob& blob) { return {std::move(path), blob.digest, blob.size}; }

std::string apt_path(const LockedAptFile& file) { return cat("apt/", file.path); }

ImageEntry image_entry(const LockedImage& image) { return {image.repository, image.tags, image.digest, image.manifests}; }

void sort_unique(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

/// Two tags of one image are one entry.
std::vector<ImageEntry> image_entries(const Lock& lock) {
  std::vector<ImageEntry> entries;
  for (const LockedImage& image : lock.images) {
    const auto twin = std::find_if(entries.begin(), entries.end(), [&](const ImageEntry& entry) {
      return entry.repository == image.repository && entry.digest == image.digest;
    });
    if (twin == entries.end()) {
      entries.push_back(image_entry(image));
    } else {
      twin->tags.insert(twin->tags.end(), image.tags.begin(), image.tags.end());
    }
  }
  for (ImageEntry& entry : entries) sort_unique(entry.tags);
  std::sort(entries.begin(), entries.end(),
            [](const ImageEntry& a, const ImageEntry& b) { return std::tie(a.repository, a.digest) < std::tie(b.repository, b.digest); });
  return entries;
}

std::vector<FileEntry> file_entries(const Lock& lock) {
  std::vector<FileEntry> entries;
  for (const LockedAptFile& file : lock.apt_files) entries.push_back(file_entry(apt_path(file), file.blob));
  for (const LockedPackage& deb : lock.packages) entries.push_back(file_entry(deb.package.path, deb.blob));
  for (const LockedFile& file : lock.files) entries.push_back(file_entry(file.placed.path, file.blob));
  for (const LockedDeployed& file : lock.deployed) entries.push_back(file_entry(file.path, file.blob));
  for (const LockedData& data : lock.data) entries.push_back(file_entry(data.placed.path, data.blob));
  std::sort(entries.begin(), entries.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return entries;
}

Appliance appliance_of(const Lock& lock) {
  Appliance appliance;
  appliance.title = lock.title;
  appliance.target = lock.target;
  appliance.packages.base = lock.packages_base;
  appliance.packages.install = lock.packages_install;
  for (const LockedPackage& deb : lock.packages) appliance.packages.files.push_back(deb.package);
  appliance.packages.sources = lock.apt_sources;
  for (const LockedFile& file : lock.files) appliance.files.push_back(file.placed);
  appliance.registry = lock.registry;
  appliance.runtime = lock.runtime;
  appliance.gpu = lock.gpu;
  appliance.cluster = lock.cluster;
  appliance.checks = lock.checks;
  appliance.nfs = lock.nfs;
  appliance.lan = lock.lan;
  for (const LockedData& data : lock.data) appliance.data.push_back(data.placed);
  return appliance;
}

std::string image_name(const LockedImage& image) {
  return image.tags.empty() ? cat(image.repository, "@", image.digest.named()) : cat(image.repository, ":", image.tags.front());
}

/// The image the registry's program is taken out of must be there before any other image can be served.
const LockedImage* registry_image(const Lock& lock) {
  const std::string& program = lock.registry.program;
  const auto name = lock.registry.enabled && program.starts_with("image:") ? parse_image_name(program.substr(6)) : std::nullopt;
  const auto is_meant = [&](const LockedImage& image) {
    if (!name || image.repository != name->repository) return false;
    return name->digest ? image.digest == *name->digest : std::find(image.tags.begin(), image.tags.end(), name->tag) != image.tags.end();
  };
  const auto found = std::find_if(lock.images.begin(), lock.images.end(), is_meant);
  return found == lock.images.end() ? nullptr : &*found;
}

class StorageOrder {
 public:
  explicit StorageOrder(const Lock& lock) : lock_(lock) {}

  std::vector<PlannedBlob> plan() {
    for (const LockedAptFile& file : lock_.apt_files) add(file.blob, mode_of_name(file.path), nullptr, cat("list ", file.path));
    for (const LockedPackage& deb : lock_.packages)
      add(deb.blob, BlobMode::asis, nullptr, cat("package ", deb.package.name, " ", deb.package.version));
    if (const LockedImage* first = registry_image(lock_)) add_image(*first);
    for (const LockedImage& image : lock_.images) add_image(image);
    for (const LockedFile& file : lock_.files)
      add(file.blob, mode_of_name(file.placed.destination), nullptr, cat("file ", file.placed.name));
    for (const LockedDeployed& file : lock_.deployed) add(file.blob, mode_of_name(file.path), nullptr, cat("file ", file.path));
    for (const LockedData& data : lock_.data) add(data.blob, BlobMode::file, nullptr, cat("data ", data.placed.name));
    return std::move(planned_);
  }

 private:
  static BlobMode mode_of_name(std::string_view path) { return is_compressed_name(path) ? BlobMode::asis : BlobMode::file; }

  void add(const LockedBlob& blob, BlobMode mode, const LockedImage* image, std::string what) {
    if (seen_.insert(blob.digest).second) planned_.push_back({blob, mode, image, std::move(what)});
  }

  void add_image(const LockedImage& image) {
    for (const LockedBlob& blob : image.blobs)
      add(blob, mode_of_media_type(blob.media_type), &image, cat(role(image, blob), " of ", image_name(image)));
  }

  static std::string role(const LockedImage& image, const LockedBlob& blob) {
    for (const ManifestEntry& manifest : image.manifests) {
      if (manifest.digest == blob.digest) return "manifest";
      const auto at = std::find(manifest.blobs.begin(), manifest.blobs.end(), blob.digest);
      if (at == manifest.blobs.end()) continue;
      return at == manifest.blobs.begin() ? std::string("configuration") : cat("layer ", at - manifest.blobs.begin());
    }
    return "part";
  }

  const Lock& lock_;
  std::unordered_set<Digest, DigestHash> seen_;
  std::vector<PlannedBlob> planned_;
};

}  // namespace

Index index_tables(const Lock& lock) {
  Index index;
  index.images = image_entries(lock);
  index.files = file_entries(lock);
  index.appliance = appliance_of(lock);
  return index;
}

std::vector<PlannedBlob> storage_order(const Lock& lock) { return StorageOrder(lock).plan(); }

}  // namespace rootcellar
