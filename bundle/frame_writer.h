// Fills frames, compresses them on all cores, and puts them into volumes in order: the same bytes for any number of cores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bundle/base/io.h"
#include "bundle/base/parallel.h"
#include "bundle/bundle_writer.h"
#include "bundle/index.h"
#include "bundle/volume_writer.h"

namespace rootcellar {

class FrameWriter {
 public:
  /// A volume size that leaves no room for a frame is a UsageError.
  FrameWriter(VolumeWriter& volumes, const BundleWriterOptions& options);

  /// Makes sure that an open frame of this codec has room for `size` more bytes (at most limits::k_chunk_max). May begin a volume.
  void reserve(Codec codec, std::size_t size);
  std::size_t room() const { return limit_ - raw_.size(); }
  /// REQUIRES: size <= room().
  void append(ByteView bytes);
  /// The volume that the open frame, or the next one if none is open, goes to. Only reserve() changes it.
  std::uint32_t volume() const { return volumes_.volume(); }
  /// Everything is in the volumes when this returns.
  std::vector<FrameEntry> finish();

 private:
  struct Packed;
  void close_frame();
  std::size_t next_limit();
  void settle();
  void place(std::size_t number, const Packed& packed);

  VolumeWriter& volumes_;
  const BundleWriterOptions& options_;
  std::uint64_t capacity_;       // of a volume, for frames
  std::uint64_t settled_ = 0;    // stored bytes in this volume when the pipeline was last empty
  std::uint64_t raw_since_ = 0;  // raw bytes submitted since: an upper bound of their stored bytes
  std::vector<FrameEntry> frames_;
  Bytes raw_;  // the open frame
  Codec codec_ = Codec::stored;
  std::size_t limit_ = 0;     // of the open frame; 0: none is open
  OrderedPipeline pipeline_;  // last: its workers use the rest
};

}  // namespace rootcellar
