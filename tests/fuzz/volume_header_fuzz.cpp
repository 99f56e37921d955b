// The page is padded or cut to its size and given a CRC that fits, so that what lies behind the CRC is reached. Whatever decodes must
// encode to the same bytes (in the minor version we write).
#include <algorithm>

#include "bundle/base/digest.h"
#include "bundle/limits.h"
#include "bundle/volume_layout.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rootcellar;
  Bytes page(data, data + std::min<std::size_t>(size, limits::k_header_size));
  page.resize(limits::k_header_size);
  fuzz::require(!decode_volume_header(ByteView(page).first(100)).fault.empty());
  std::uint32_t crc = crc32c(ByteView(page).first(limits::k_header_size - 4));
  for (std::size_t i = 0; i < 4; ++i) page[limits::k_header_size - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  VolumeHeaderReading reading = decode_volume_header(page);
  bool our_minor = page[10] == 0 && page[11] == 0;
  if (reading.fault.empty() && our_minor) fuzz::require(encode_volume_header(reading.header) == page);
  return 0;
}
