// What must hold between the tables of an index, and the positions that follow from them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bundle/index.h"

namespace rootcellar {

/// Sums, order and references. A fault is an InputError naming `what`.
void check_index(const Index& index, std::string_view what);

/// Positions in the raw bytes of all frames laid end to end. One more entry than items: the last is the end.
std::vector<std::uint64_t> frame_starts(const Index& index);
std::vector<std::uint64_t> chunk_starts(const Index& index);

/// A stretch of one frame's raw bytes that belongs to a blob.
struct Piece {
  std::size_t frame = 0;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// Where things are: from an index that was checked.
class IndexMap {
 public:
  explicit IndexMap(const Index& index);
  /// The blob's bytes, in order.
  std::vector<Piece> pieces(const BlobEntry& blob) const;
  /// Offset of a frame in its volume file.
  std::uint64_t frame_offset(std::size_t frame) const { return frame_offset_[frame]; }
  /// Stored bytes of all frames of a volume (from 1).
  std::uint64_t volume_payload(std::uint32_t volume) const;

 private:
  void add_range(std::uint64_t begin, std::uint64_t end, std::vector<Piece>& pieces) const;
  std::vector<std::uint64_t> frame_start_;
  std::vector<std::uint64_t> chunk_start_;
  std::vector<std::uint64_t> frame_offset_;
  std::vector<std::uint64_t> payload_;
};

}  // namespace rootcellar
