#include <algorithm>

#include "installer/run/actions/actions.h"
#include "installer/run/registry_contents.h"
#include "installer/run/registry_removal.h"
#include "installer/run/registry_storage.h"

namespace rootcellar {

namespace {

bool has_blobs(const std::vector<Digest>& digests, const RegistryPaths& paths, ActionScope& scope) {
  return std::all_of(digests.begin(), digests.end(), [&](const Digest& digest) {
    const BlobEntry* blob = scope.bundle().find_blob(digest);
    const auto status = scope.host().status(paths.blob(digest));
    return blob != nullptr && status && status->size == blob->size;
  });
}

/// All blobs with their sizes, and all links. Tags may point elsewhere since: people push.
bool is_served(const RegistryImage& image, const RegistryPaths& paths, ActionScope& scope) {
  HostSystem& host = scope.host();
  const auto revision = [&](const Digest& digest) { return host.exists(paths.revision_link(image.repository, digest)); };
  const auto layer = [&](const Digest& digest) { return host.exists(paths.layer_link(image.repository, digest)); };
  const auto tag = [&](const std::string& name) { return host.exists(paths.tag_link(image.repository, name)); };
  return has_blobs(image.manifests, paths, scope) && has_blobs(image.layers, paths, scope) &&
         std::all_of(image.manifests.begin(), image.manifests.end(), revision) &&
         std::all_of(image.layers.begin(), image.layers.end(), layer) && std::all_of(image.tags.begin(), image.tags.end(), tag);
}

}  // namespace

ProbeResult probe(const FillRegistry& action, ActionScope& scope) {
  const auto images = registry_images(scope.bundle().index(), action.images);
  const RegistryPaths paths(action.root);
  const bool all = std::all_of(images.begin(), images.end(), [&](const RegistryImage& image) { return is_served(image, paths, scope); });
  return all ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const FillRegistry& action, ActionScope& scope) {
  return registry_undo_data(registry_images(scope.bundle().index(), action.images), action.root, scope.host());
}

void perform(const FillRegistry& action, ActionScope& scope) {
  fill_registry(scope.bundle(), action.images, action.root, action.owner, scope.host(), scope.context.jobs, scope.context.progress);
}

void take_back(const FillRegistry& action, const JsonValue& undo, bool, ActionScope& scope) {
  remove_filled(undo, action.root, scope.host());
}

}  // namespace rootcellar
