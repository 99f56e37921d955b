#include <algorithm>
#include <ctime>

#include "builder/source/image_manifest.h"
#include "builder/source/registry_client.h"
#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string reference_of(const ImageName& name) {
  if (name.digest) return name.digest->named();
  return name.tag.empty() ? "latest" : name.tag;
}

void add_blob(LockedImage& image, const Digest& digest, std::uint64_t size, const std::string& media_type) {
  if (std::ranges::find(image.blobs, digest, &LockedBlob::digest) != image.blobs.end()) return;
  image.blobs.push_back({digest, size, media_type, {}, {}});
}

/// Collects the manifests and blobs of one image while they are resolved.
class ImageResolver {
 public:
  ImageResolver(const ImageName& name, SourceContext& context)
      : name_(name.text()), architecture_(context.architecture), context_(context), client_(name.repository, context) {
    image_.repository = name.repository;
    if (!name.tag.empty()) image_.tags.push_back(name.tag);
  }

  Resolved<LockedImage> run(const std::string& reference) {
    ImageManifest manifest = take_manifest(reference);
    image_.digest = image_.manifests.front().digest;
    const bool chosen = manifest.is_index;
    if (chosen) manifest = take_chosen(manifest);
    add_content(manifest);
    const ImageConfig config = read_config();
    if (!chosen) check_platform(config.platform);
    return {std::move(image_), sensible_time(config.created)};
  }

 private:
  ImageManifest take_manifest(const std::string& reference) {
    const RegistryClient::ManifestBytes bytes = client_.fetch_manifest(reference);
    ImageManifest manifest = decode_manifest(bytes.text, bytes.media_type, name_);
    MemorySource source(as_bytes(bytes.text));
    context_.cache.store(source);
    image_.manifests.push_back({bytes.digest, manifest.media_type, {}});
    add_blob(image_, bytes.digest, bytes.text.size(), manifest.media_type);
    return manifest;
  }

  ImageManifest take_chosen(const ImageManifest& index) {
    const ImageDescriptor& chosen = choose_platform(index, architecture_, name_).descriptor;
    ImageManifest manifest = take_manifest(chosen.digest.named());
    if (image_.blobs.back().size != chosen.size) {
      throw InputError(cat("cannot use '", name_, "': its index says ", chosen.size, " bytes for manifest ", chosen.digest.named(),
                           ", found ", image_.blobs.back().size));
    }
    if (manifest.is_index) throw InputError(cat("cannot use '", name_, "': expected a manifest in its index, found another index"));
    return manifest;
  }

  void add_content(const ImageManifest& manifest) {
    std::vector<Digest>& content = image_.manifests.back().blobs;
    const auto add = [&](const ImageDescriptor& descriptor) {
      if (std::ranges::find(content, descriptor.digest) == content.end()) content.push_back(descriptor.digest);
      add_blob(image_, descriptor.digest, descriptor.size, descriptor.media_type);
    };
    add(manifest.config);
    std::ranges::for_each(manifest.layers, add);
  }

  ImageConfig read_config() {
    const Digest& digest = image_.manifests.back().blobs.front();
    const LockedBlob& blob = *std::ranges::find(image_.blobs, digest, &LockedBlob::digest);
    if (!context_.cache.find(blob.digest, blob.size)) client_.fetch_blob(blob);
    return decode_image_config(read_file(context_.cache.blob_path(digest), k_image_config_limit), name_);
  }

  void check_platform(const ImagePlatform& found) const {
    const std::optional<ImagePlatform> expected = platform_of(architecture_);
    if (expected && found.system == expected->system && found.architecture == expected->architecture) return;
    throw InputError(
        cat("cannot use '", name_, "': expected an image for ", expected ? expected->text() : architecture_, ", found ", found.text()));
  }

  /// An image from the future would give the bundle a date that every clock on site is behind.
  std::int64_t sensible_time(std::int64_t created) const {
    if (created <= std::time(nullptr)) return created;
    context_.progress.warn(cat("'", name_, "' says it was made at ", format_time(created), ", which is to come; its time is left out"));
    return 0;
  }

  std::string name_;
  std::string architecture_;
  SourceContext& context_;
  RegistryClient client_;
  LockedImage image_;
};

bool is_manifest_of(const LockedImage& image, const Digest& digest) {
  return std::ranges::find(image.manifests, digest, &ManifestEntry::digest) != image.manifests.end();
}

}  // namespace

Resolved<LockedImage> resolve_registry_image(const ImageName& name, SourceContext& context) {
  return ImageResolver(name, context).run(reference_of(name));
}

void fetch_registry_blob(const LockedImage& image, const LockedBlob& blob, SourceContext& context) {
  if (context.cache.find(blob.digest, blob.size)) return;
  RegistryClient client(image.repository, context);
  if (!is_manifest_of(image, blob.digest)) return client.fetch_blob(blob);
  const RegistryClient::ManifestBytes manifest = client.fetch_manifest(blob.digest.named());
  MemorySource source(as_bytes(manifest.text));
  context.cache.store(source);
}

}  // namespace rootcellar
