// zstd frames (RFC 8878): one call per frame, sizes known and bounded before any byte is decoded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bundle/base/io.h"

namespace rootcellar {

/// The libzstd in use, "1.5.4". Equal versions and levels give equal bytes.
std::string zstd_version();

/// One single-threaded frame with content size, without checksum and dictionary id; windowLog = log2(size) bounded to [20, 23].
/// Same input, level and libzstd give the same bytes, whatever ran before.
Bytes zstd_compress(ByteView raw, int level);

/// Decodes exactly one frame into `raw_size` bytes. Anything else in the frame (another size, a second frame, a larger window) is an
/// InputError. REQUIRES: `frame` is authenticated.
void zstd_decompress(ByteView frame, std::span<std::uint8_t> raw);

}  // namespace rootcellar
