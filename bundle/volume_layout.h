// The first and the last page of a volume file: where things are, the signed text, and its signatures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/io.h"
#include "bundle/base/signing.h"

namespace rootcellar {

/// The page as data. FORMAT.md section 2 is the layout. All but header_text and signatures are locators: they may be wrong, and
/// whatever is found through them is checked against the signed text and the index.
struct VolumeHeader {
  std::string id;  ///< bundle_id(header_text)
  std::uint32_t volume = 1;
  std::uint32_t volumes = 1;
  std::uint64_t first_frame = 0;
  std::uint64_t frame_count = 0;
  std::uint64_t index_offset = 0;
  std::uint64_t index_size = 0;
  std::uint64_t payload = 0;  ///< stored bytes of this volume's frames
  std::string header_text;
  std::vector<Signature> signatures;  ///< all with the same trusted comment

  /// Bytes of the whole volume file.
  std::uint64_t file_size() const;
};

/// One page of limits::k_header_size bytes.
Bytes encode_volume_header(const VolumeHeader& header);

/// A page read back, or why it is none.
struct VolumeHeaderReading {
  VolumeHeader header;
  std::string fault;       ///< empty: the page is whole and within bounds
  bool is_volume = false;  ///< the magic number is there
};
VolumeHeaderReading decode_volume_header(ByteView page);

}  // namespace rootcellar
