// Chunks laid end to end are the input, none is too large, and where they end does not depend on how the bytes arrive. The first byte
// chooses the size of the pieces and how often the rest is repeated, so that small inputs become long streams.
#include <algorithm>

#include "bundle/chunker.h"
#include "bundle/limits.h"
#include "tests/fuzz/fuzz.h"

namespace rootcellar {
namespace {

std::vector<std::size_t> chunk_sizes(ByteView bytes, std::size_t step) {
  std::vector<std::size_t> sizes;
  ByteView rest = bytes;
  Chunker chunker([&](ByteView chunk) {
    fuzz::require(!chunk.empty() && chunk.size() <= limits::k_chunk_max && chunk.size() <= rest.size());
    fuzz::require(std::equal(chunk.begin(), chunk.end(), rest.begin()));
    rest = rest.subspan(chunk.size());
    sizes.push_back(chunk.size());
  });
  for (std::size_t at = 0; at < bytes.size(); at += step) chunker.write(bytes.subspan(at, std::min(step, bytes.size() - at)));
  chunker.finish();
  fuzz::require(rest.empty());
  return sizes;
}

}  // namespace
}  // namespace rootcellar

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rootcellar;
  if (size < 2) return 0;
  Bytes bytes;
  for (std::size_t i = 0; i <= data[0] % 16u; ++i) bytes.insert(bytes.end(), data + 1, data + size);
  auto whole = chunk_sizes(bytes, bytes.size());
  fuzz::require(chunk_sizes(bytes, 512 + 97u * data[0]) == whole);
  std::size_t most = 2 * (bytes.size() / limits::k_member_cut + 1) + bytes.size() / limits::k_chunk_min + 2;  // FORMAT.md section 6
  fuzz::require(whole.size() <= most);
  return 0;
}
