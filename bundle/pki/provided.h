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
/// The same for a chain whose key is elsewhere. "*.lab.example" among the names: any name below lab.example.
std::vector<std::string> chain_faults(std::string_view chain, const std::vector<std::string>& names, std::int64_t now);

/// Who a chain leads up to.
struct ChainRoot {
  std::string root;    ///< PEM
  std::string chain;   ///< PEM, what a server sends: all of it but the root
  bool known = false;  ///< it is among those that machines know anyway
  std::string fault;   ///< why there is none, or why it does not hold; the others are empty then
};
/// `known`: PEM, the authorities that this machine knows of others than the site. REQUIRES: chain_faults() found none at `now`.
ChainRoot root_of(std::string_view chain, std::string_view known, std::int64_t now);

}  // namespace rootcellar
