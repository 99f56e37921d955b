// Whatever decodes encodes to an index that decodes to the same (optional sections are passed over), and its blobs' pieces add up.
#include "bundle/index.h"
#include "bundle/index_check.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rootcellar;
  fuzz::allowing_refusal([&] {
    Index index = decode_index(fuzz::text_of(data, size), "fuzz");
    std::string raw = encode_index(index);
    fuzz::require(raw.size() <= size);
    fuzz::require(encode_index(decode_index(raw, "fuzz")) == raw);
    IndexMap map(index);
    for (const BlobEntry& blob : index.blobs) {
      std::uint64_t total = 0;
      for (const Piece& piece : map.pieces(blob)) {
        fuzz::require(std::uint64_t{piece.offset} + piece.size <= index.frames.at(piece.frame).raw_size);
        total += piece.size;
      }
      fuzz::require(total == blob.size);
    }
  });
  return 0;
}
