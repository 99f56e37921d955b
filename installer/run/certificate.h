// What a certificate says: until when it is good, and for which names and addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct Certificate {
  std::int64_t expires = 0;        ///< UTC seconds
  std::vector<std::string> names;  ///< subject alternative names: DNS names, and addresses in their usual spelling
};

/// The first certificate in a PEM text (RFC 7468), which may hold keys and further certificates too; nothing when there is none that can be
/// read.
std::optional<Certificate> read_certificate(std::string_view pem);

}  // namespace rootcellar
