// What a certificate says of itself in a few words: for whom, and until when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct CertificateSummary {
  std::vector<std::string> names;    ///< DNS names among the subject alternative names, in their order
  std::int64_t from = 0, until = 0;  ///< UTC seconds: of the server's certificate, until the first of the chain ends
};

/// Of a PEM chain, the server's certificate first; nothing when it cannot be read.
std::optional<CertificateSummary> summary_of(std::string_view chain);

}  // namespace rootcellar
