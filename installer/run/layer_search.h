// Looks for one member in an image layer (a tar, plain or compressed) that is pushed in piece by piece.
#pragma once

#include <functional>
#include <string>

#include "bundle/base/io.h"

namespace rootcellar {

enum class LayerFinding {
  absent,      ///< look in the layer below
  found,       ///< the member's bytes went to the sink
  whited_out,  ///< removed by this layer: no lower layer counts
};

/// `feed` writes the whole layer to the sink it is given. Limits: entries, bytes after decompression, and the member's size are bounded.
LayerFinding search_layer(const std::function<void(Sink&)>& feed, const std::string& member, Sink& sink, const std::string& what);

}  // namespace rootcellar
