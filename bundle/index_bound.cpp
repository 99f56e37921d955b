// The proof is FORMAT.md section 6; tests/unit/bundle/index_bound_test.cpp tries to break it.
#include "bundle/index.h"
#include "bundle/limits.h"
#include "bundle/wire.h"

namespace rootcellar {
namespace {

std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) { return (value + by - 1) / by; }

/// A member of at least k_member_cut ends at most two chunks, and content-defined cuts are at least k_chunk_min apart.
std::uint64_t chunks_of_file(std::uint64_t size) {
  return 2 * divide_up(size, limits::k_member_cut) + divide_up(size, limits::k_chunk_min) + 1;
}

struct Counts {
  std::uint64_t blobs = 0;
  std::uint64_t frames = 0;
  std::uint64_t file_chunks = 0;
  std::uint64_t slices = 0;
};

/// A full frame has at least k_frame_least - k_chunk_max bytes; besides, each blob may end the frame before it.
Counts count(const IndexBoundInput& input) {
  Counts counts;
  std::uint64_t total = 0;
  for (const auto& [size, mode] : input.blobs) {
    ++counts.blobs;
    total += size;
    if (mode == BlobMode::file) counts.file_chunks += chunks_of_file(size);
  }
  counts.frames = divide_up(total, limits::k_frame_least - limits::k_chunk_max) + counts.blobs + 1;
  counts.slices = counts.frames + counts.blobs;
  return counts;
}

}  // namespace

std::uint64_t bound_index_size(const IndexBoundInput& input) {
  constexpr std::uint64_t k_number = 10;  // the longest varint
  constexpr std::uint64_t k_digest = 32;
  Counts counts = count(input);
  std::uint64_t chunks = counts.file_chunks + counts.slices;
  std::uint64_t extent = varint_size(2 * chunks) + 1;  // counts of extents add up to the chunks, so a byte each is enough
  std::uint64_t sections = 8 + 6 * (4 + k_number);
  std::uint64_t frame_table = k_number + counts.frames * (2 + 4 + 4 + k_digest) + k_number + limits::k_volumes * k_number;
  std::uint64_t chunk_table =
      k_number + counts.file_chunks * varint_size(limits::k_chunk_max) + counts.slices * varint_size(limits::k_frame_raw);
  std::uint64_t blob_table =
      2 * k_number + counts.blobs * (k_digest + varint_size(limits::k_blob_size) + 1 + varint_size(chunks)) + chunks * extent;
  std::uint64_t raw = sections + frame_table + chunk_table + blob_table + input.table_bytes;
  return raw + raw / 256 + 1024;  // ZSTD_COMPRESSBOUND (zstd.h): raw + raw/256, and up to 64 bytes more below 128 KiB
}

}  // namespace rootcellar
