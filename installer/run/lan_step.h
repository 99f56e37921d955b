// The kinds of step that give a site its names, its trust and its page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rootcellar {

/// What the steps below keep and tell for one authority and the certificate it signs, `set` being "site" or "mirror".
struct CertificateSet {
  std::string authority;        ///< ${secret.site-authority}, PEM certificate
  std::string authority_key;    ///< "_site-authority-key": no text can ask for it
  std::string certificate;      ///< ${secret.site-certificate}, PEM, without the authority's
  std::string certificate_key;  ///< ${secret.site-certificate-key}, PEM
  std::string fingerprint;      ///< ${capture.site-authority-fingerprint}, "AB:CD:..."
  std::string words;            ///< ${capture.site-authority-words}: the same in six words
  std::string end;              ///< ${capture.site-certificate-end}, "2027-12-28"
};
CertificateSet certificate_set(const std::string& set);
/// The one that people and programs of the site trust.
inline constexpr const char* k_site_set = "site";

/// The site's certificate authority, made once from what is known then. Kept by undo like every secret: people's devices trust it.
struct MakeAuthority {
  std::string set = k_site_set;
  std::string name;
  std::vector<std::string> domains;
  std::vector<std::string> ranges;
  std::uint64_t bundle_created = 0;  ///< UTC seconds
};

/// The site's server certificate, signed by its authority; made again when the names change or 30 days before its end.
struct IssueCertificate {
  std::string set = k_site_set;
  std::vector<std::string> names;
  std::vector<std::string> addresses;
};

/// A QR code (ISO/IEC 18004) of a text with ${...}, drawn by qrencode as SVG.
struct DrawCode {
  std::string path;
  std::string text;
};

/// The clock of a machine that cannot have the right one, set before anything is judged by it. Undo leaves it: a right clock is not made
/// wrong again. All in UTC seconds.
struct CorrectClock {
  std::uint64_t earliest = 0;  ///< a clock before this is wrong
  std::uint64_t latest = 0;    ///< and so is one after this
  std::uint64_t seen = 0;      ///< what it said when the plan was made: the time since then is added
  std::uint64_t to = 0;
};

}  // namespace rootcellar
