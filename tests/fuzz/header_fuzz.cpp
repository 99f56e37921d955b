// Whatever decodes must encode to the same bytes.
#include "bundle/header.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rootcellar;
  fuzz::allowing_refusal([&] {
    std::string_view text = fuzz::text_of(data, size);
    fuzz::require(encode_header(decode_header(text, "fuzz")) == text);
  });
  return 0;
}
