#include <algorithm>

#include "installer/run/actions/actions.h"
#include "installer/run/registry_contents.h"
#include "installer/run/registry_removal.h"
#include "installer/run/registry_storage.h"

namespace rootcellar {

namespace {

constexpr std::size_t k_link_limit = 256;

bool has_blobs(const std::vector<Digest>& digests, const RegistryPaths& paths, ActionScope& scope) {
  return std::all_of(digests.begin(), digests.end(), [&](const Digest& digest) {
    const BlobEntry* blob = scope.bundle().find_blob(digest);
    const auto status = scope.host().status(paths.blob(digest));
    return blob != nullptr && status && status->size == blob->size;
  });
}

/// All blobs with their sizes, and all links; every tag points to the bundle's image, those apart that people had pushed over before.
bool is_served(const RegistryImage& image, const FillRegistry& action, const RegistryPaths& paths, ActionScope& scope) {
  HostSystem& host = scope.host();
  const auto revision = [&](const Digest& digest) { return host.exists(paths.revision_link(image.repository, digest)); };
  const auto layer = [&](const Digest& digest) { return host.exists(paths.layer_link(image.repository, digest)); };
  const auto tag = [&](const std::string& name) {
    const auto now = host.read_file(paths.tag_link(image.repository, name), k_link_limit);
    return keeps_tag(action.keep_tags, image.repository, name) ? now.has_value() : now == image.digest.named();
  };
  return has_blobs(image.manifests, paths, scope) && has_blobs(image.layers, paths, scope) &&
         std::all_of(image.manifests.begin(), image.manifests.end(), revision) &&
         std::all_of(image.layers.begin(), image.layers.end(), layer) && std::all_of(image.tags.begin(), image.tags.end(), tag);
}

}  // namespace

ProbeResult probe(const FillRegistry& action, ActionScope& scope) {
  const auto images = registry_images(scope.bundle().index(), action.images);
  const RegistryPaths paths(action.root);
  const bool all =
      std::all_of(images.begin(), images.end(), [&](const RegistryImage& image) { return is_served(image, action, paths, scope); });
  return all ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const FillRegistry& action, ActionScope& scope) {
  return registry_undo_data(registry_images(scope.bundle().index(), action.images), action.root, scope.host());
}

void perform(const FillRegistry& action, ActionScope& scope) {
  fill_registry(scope.bundle(), action.images, action.root, action.owner, scope.host(), scope.context.jobs, scope.context.progress,
                action.keep_tags);
}

void take_back(const FillRegistry& action, const JsonValue& undo, bool, ActionScope& scope) {
  remove_filled(undo, action.root, scope.host());
}

void drop_superseded_images(const FillRegistry& now, const JsonValue& undo, RunContext& context) {
  remove_superseded(undo, registry_images(context.bundle->index(), now.images), now.root, context.host);
}

}  // namespace rootcellar
