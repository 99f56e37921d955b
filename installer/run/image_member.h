// One regular file out of a container image in a bundle, found as a running container would see it.
#pragma once

#include <string>

#include "bundle/base/io.h"
#include "bundle/bundle.h"

namespace rootcellar {

/// The image that "docker.io/library/registry:2" means; an InputError when the bundle has none.
const ImageEntry& bundled_image(const Index& index, const std::string& image);

/// Writes `member` ("bin/registry") of `image` ("docker.io/library/registry:2") to `sink`: layers from the top down, whiteouts respected
/// (OCI image-spec layer.md). InputError when the image has none, or when it is anything but a regular file. An error means the sink's
/// bytes are void.
void extract_image_member(Bundle& bundle, const std::string& image, const std::string& member, Sink& sink);

}  // namespace rootcellar
