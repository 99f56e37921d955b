// Whatever reads as a policy is written as a trust file that reads as the same policy.
#include "bundle/trust.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rootcellar;
  fuzz::allowing_refusal([&] {
    TrustPolicy policy = parse_trust(fuzz::text_of(data, size), "fuzz.yaml");
    fuzz::require(policy.threshold >= 1 && policy.threshold <= policy.keys.size());
    std::string text = encode_trust(policy);
    TrustPolicy again = parse_trust(text, "fuzz.yaml");
    fuzz::require(again.threshold == policy.threshold && encode_trust(again) == text);
  });
  return 0;
}
