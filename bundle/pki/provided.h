// A certificate that the site brings along: everything that browsers would refuse is found before it is used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct ProvidedCertificate {
  std::string_view chain;          ///< PEM: the server's certificate first, then who signed it, up to but not needing the root
  std::string_view key;            ///< PEM
  std::vector<std::string> names;  ///< that people will ask for, numeric addresses too
  std::int64_t now = 0;            ///< UTC seconds
};

/// One sentence for each fault, the most basic first; empty: it can be used.
std::vector<std::string> faults_of(const ProvidedCertificate& provided);

}  // namespace rootcellar
