#include "installer/run/image_member.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"
#include "installer/run/layer_search.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_manifest_limit = std::size_t{4} << 20;

// "docker.io/library/registry:2" is repository and tag; a colon before the last slash belongs to a port.
bool names_entry(const std::string& image, const ImageEntry& entry) {
  if (image == entry.repository || image == cat(entry.repository, '@', entry.digest.named())) return true;
  return std::any_of(entry.tags.begin(), entry.tags.end(),
                     [&](const std::string& tag) { return image == cat(entry.repository, ':', tag); });
}

// The manifest with layers; an index comes first in the list and has none.
std::vector<Digest> layers_of(Bundle& bundle, const ImageEntry& entry, const std::string& image) {
  std::vector<Digest> layers;
  for (const ManifestEntry& manifest : entry.manifests) {
    if (manifest.blobs.empty()) continue;
    const JsonValue json = parse_json(bundle.read_small_blob(manifest.digest, k_manifest_limit), cat("manifest of ", image));
    const JsonValue* list = json.find("layers");
    if (list == nullptr) continue;
    for (const JsonValue& layer : list->items()) {
      if (const auto digest = Digest::from_named(layer.text("digest").value_or(""))) layers.push_back(*digest);
    }
    return layers;
  }
  throw InputError(cat("image '", image, "': expected a manifest with layers, found none"));
}

}  // namespace

const ImageEntry& bundled_image(const Index& index, const std::string& image) {
  for (const ImageEntry& entry : index.images) {
    if (names_entry(image, entry)) return entry;
  }
  throw InputError(cat("bundle: expected the image '", image, "', found none"));
}

void extract_image_member(Bundle& bundle, const std::string& image, const std::string& member, Sink& sink) {
  RelPath::require(member, "a member of an image");
  const std::vector<Digest> layers = layers_of(bundle, bundled_image(bundle.index(), image), image);
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const std::string what = cat("layer ", layer->named(), " of ", image);
    const auto finding = search_layer([&](Sink& pieces) { bundle.read_blob(*layer, pieces); }, member, sink, what);
    if (finding == LayerFinding::found) return;
    if (finding == LayerFinding::whited_out) break;
  }
  throw InputError(cat("image '", image, "': expected the file '", member, "', found none"));
}

}  // namespace rootcellar
