// The two documents of an image made here: its configuration and its manifest, canonical, so that the same layer gives the same digests.
#pragma once

#include <cstdint>
#include <string>

#include "builder/profile/profile.h"
#include "bundle/base/digest.h"

namespace rootcellar {

// Docker's schema 2, which every docker, containerd and skopeo in use reads; its media type for a layer that is not compressed.
inline constexpr const char* k_manifest_type = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr const char* k_config_type = "application/vnd.docker.container.image.v1+json";
inline constexpr const char* k_layer_type = "application/vnd.docker.image.rootfs.diff.tar";

/// Docker image specification v1.2: `created` in UTC seconds; one layer, whose diff id is its own digest.
std::string image_config(const Recipe& recipe, const std::string& architecture, const Digest& layer, std::int64_t created);
std::string image_manifest(const std::string& config, const Digest& layer, std::uint64_t layer_size);

}  // namespace rootcellar
