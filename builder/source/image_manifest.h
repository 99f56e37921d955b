// What a registry says an image is: manifests and indexes of Docker (v2, schema 2) and OCI, read strictly, and the choice of a platform.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/digest.h"

namespace rootcellar {

inline constexpr std::size_t k_manifest_limit = std::size_t{4} << 20;  ///< what the distribution specification asks registries to accept
inline constexpr std::size_t k_image_config_limit = std::size_t{8} << 20;

/// A reference to bytes in the same repository.
struct ImageDescriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
};

/// GOOS/GOARCH/variant as images name them.
struct ImagePlatform {
  std::string system, architecture, variant;
  std::string text() const;  ///< "linux/arm/v7"
};

struct IndexItem {
  ImageDescriptor descriptor;
  ImagePlatform platform;
};

struct ImageManifest {
  std::string media_type;
  bool is_index = false;
  std::vector<IndexItem> items;         ///< of an index; attestations are left out
  ImageDescriptor config;               ///< of a manifest
  std::vector<ImageDescriptor> layers;  ///< of a manifest, bottom first
};

/// The value of Accept: all manifest kinds that decode_manifest reads.
std::string manifest_accept();
bool is_manifest_type(std::string_view media_type);

/// `media_type` is the server's Content-Type, used when the document does not name its own. Faults are InputErrors naming `what`.
ImageManifest decode_manifest(std::string_view text, std::string_view media_type, std::string_view what);

/// Go's names for a Debian architecture; nothing for one this program does not know.
std::optional<ImagePlatform> platform_of(std::string_view debian_architecture);

/// The item that runs best on a Debian architecture: the variant it was built for, then older ones. None: an InputError listing what is
/// offered.
const IndexItem& choose_platform(const ImageManifest& index, std::string_view debian_architecture, std::string_view what);

/// What the image's own configuration says.
struct ImageConfig {
  ImagePlatform platform;
  std::int64_t created = 0;  ///< UTC seconds; 0: not said
};
ImageConfig decode_image_config(std::string_view text, std::string_view what);

/// RFC 3339 with any offset and fractions of a second (cut off); nothing when it is none.
std::optional<std::int64_t> parse_any_time(std::string_view text);

}  // namespace rootcellar
