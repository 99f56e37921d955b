// BLAKE2b (RFC 7693) with any output length: minisign's key files want 32 bytes, which OpenSSL 3.0 cannot be asked for.
#pragma once

#include <cstdint>
#include <span>

#include "bundle/base/io.h"

namespace rootcellar {

/// Unkeyed, in one piece. REQUIRES: 1 <= out.size() <= 64.
void blake2b(ByteView bytes, std::span<std::uint8_t> out);

}  // namespace rootcellar
