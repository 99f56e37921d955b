// Compressed frames of earlier builds in a folder that never grows past a limit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bundle/bundle_writer.h"

namespace rootcellar {

/// Frames as files below `folder`; lookups mark them as used, and those used longest ago go first when more than `limit` bytes are there.
std::unique_ptr<FrameCache> make_frame_folder(std::string folder, std::uint64_t limit);

}  // namespace rootcellar
