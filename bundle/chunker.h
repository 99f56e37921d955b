// Cuts a stream into chunks at places its content chooses, so that equal stretches of different streams become equal chunks.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>

#include "bundle/base/io.h"
#include "bundle/tar_walker.h"

namespace rootcellar {

/// The table of the rolling sum. Entry i: the first 8 bytes, little-endian, of SHA-256("rootcellar gear " and i in decimal).
const std::array<std::uint64_t, 256>& gear_table();

/// Length of the first chunk of `bytes`. REQUIRES: at least limits::k_chunk_max bytes, or all that are left. FORMAT.md section 7 is the
/// rule.
std::size_t find_cut(ByteView bytes);

/// A Sink that hands out chunks of at most limits::k_chunk_max bytes, whose concatenation is what was written. Chunks also end at tar
/// member boundaries (see TarWalker). Where chunks end depends on the bytes only, not on how they are written.
class Chunker final : public Sink {
 public:
  explicit Chunker(std::function<void(ByteView chunk)> emit) : emit_(std::move(emit)) {}
  void write(ByteView bytes) override;
  void finish();

 private:
  void cut_while(std::size_t needed);
  std::size_t next_length(ByteView rest);

  std::function<void(ByteView)> emit_;
  TarWalker walker_;
  std::vector<std::uint64_t> found_;
  std::deque<std::uint64_t> cuts_;  // offsets not yet reached
  Bytes buffer_;                    // bytes not yet handed out
  std::uint64_t start_ = 0;         // offset of buffer_[0] in the stream
};

}  // namespace rootcellar
