// Whatever reads as a ticket is written as a text that reads as the same ticket; what is no ticket is refused in words.
#include "installer/plan/ticket.h"
#include "tests/fuzz/fuzz.h"

namespace {

void reads_again(std::string_view text) {
  using namespace rootcellar;
  fuzz::allowing_refusal([&] {
    const std::string written = encode_ticket(parse_ticket(text, "fuzz.ticket"));
    fuzz::require(encode_ticket(parse_ticket(written, "fuzz.ticket")) == written);
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rootcellar;
  const std::string_view text = fuzz::text_of(data, size);
  reads_again(text);
  fuzz::allowing_refusal([&] { reads_again(read_sealed_ticket(text, "fuzz.ticket").text); });
  return 0;
}
