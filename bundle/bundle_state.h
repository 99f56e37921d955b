// What a Bundle is made of; only bundle/*.cpp see this.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bundle/bundle.h"
#include "bundle/frame_reader.h"
#include "bundle/index_check.h"

namespace rootcellar {

struct Bundle::State {
  State(VerifiedHeader header, std::vector<Signature> with, std::string index_bytes, Index decoded);

  /// Takes over candidates of this bundle whose length is right. A wrong one is a TrustError when no good copy of its volume is known.
  void add_volumes(const std::vector<VolumeCandidate>& candidates);
  /// Makes the volume's files known, asking for them when they are not. InputError when nobody brings them.
  void require_volume(std::uint32_t volume);
  /// The same; false when nobody brings them.
  bool bring_volume(std::uint32_t volume);
  void search(const std::vector<std::string>& places);
  std::string label(std::uint32_t volume) const;
  std::uint64_t volume_file_size(std::uint32_t volume) const;
  /// The frame's raw bytes; one frame is remembered, because small blobs share frames.
  std::shared_ptr<const Bytes> frame(std::size_t number);

  VerifiedHeader verified;
  std::vector<Signature> signatures;
  std::string stored_index;
  Index index;
  IndexMap map;
  std::vector<VolumeCandidate> volumes;
  VolumeAsker asker;
  FrameReader reader;
  std::unordered_map<Digest, std::size_t, DigestHash> blob_numbers;
  std::size_t last_number = 0;
  std::shared_ptr<const Bytes> last_frame;
};

/// TrustError: the frames were right and still the blob is not what its digest says.
[[noreturn]] void throw_wrong_blob(const BlobEntry& blob, const Digest& found);

}  // namespace rootcellar
