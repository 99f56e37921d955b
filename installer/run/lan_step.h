// The kinds of step that give a site its names, its trust and its page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "installer/host/host_system.h"
#include "installer/run/cluster_step.h"

namespace rootcellar {

// Secrets made by the steps below; a profile's texts may ask for them as ${secret.NAME}.
inline constexpr const char* k_authority = "site-authority";                    ///< PEM certificate
inline constexpr const char* k_authority_key = "_site-authority-key";           ///< no text can ask for it
inline constexpr const char* k_site_certificate = "site-certificate";           ///< PEM chain
inline constexpr const char* k_site_certificate_key = "site-certificate-key";   ///< PEM
// And what people are told of them, as ${capture.NAME}.
inline constexpr const char* k_authority_fingerprint = "site-authority-fingerprint";  ///< "AB:CD:..."
inline constexpr const char* k_authority_words = "site-authority-words";              ///< the same in six words
inline constexpr const char* k_certificate_end = "site-certificate-end";              ///< "2027-12-28"

/// The site's certificate authority, made once from what is known then. Kept by undo like every secret: people's devices trust it.
struct MakeAuthority {
  std::string name;
  std::vector<std::string> domains;
  std::vector<std::string> ranges;
  std::uint64_t bundle_created = 0;  ///< UTC seconds
};

/// The site's server certificate, signed by its authority; made again when the names change or 30 days before its end.
struct IssueCertificate {
  std::vector<std::string> names;
  std::vector<std::string> addresses;
};

/// A text file whose ${...} are filled in when the step runs.
struct FillFile {
  std::string path;
  std::string text;
  std::vector<TemplateValue> values;
  unsigned mode = 0644;
  Owner owner;
};

}  // namespace rootcellar
