// The kinds of step that give a site its names, its trust and its page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "installer/run/cluster_step.h"

namespace rootcellar {

/// What the steps below keep and tell for one authority and the certificate it signs, `set` being "site" or "mirror".
struct CertificateSet {
  std::string authority;        ///< ${secret.site-authority}, PEM certificate: who is trusted here, whoever made it
  std::string authority_key;    ///< "_site-authority-key": no text can ask for it
  std::string certificate;      ///< ${secret.site-certificate}, PEM, with those between it and the authority, without the authority's
  std::string certificate_key;  ///< ${secret.site-certificate-key}, PEM
  std::string fingerprint;      ///< ${capture.site-authority-fingerprint}, "AB:CD:..."
  std::string words;            ///< ${capture.site-authority-words}: the same in six words
  std::string end;              ///< ${capture.site-certificate-end}, "2027-12-28"
  std::string made_authority;   ///< "_site-made-authority": the site's own while another's certificate is used
  std::string moved_key;        ///< "_site-authority-key-moved": says where the key went
};
CertificateSet certificate_set(const std::string& set);
/// The site's authority as this machine's own programs are told of it (update-ca-certificates(8)).
inline constexpr const char* k_site_trust_file = "/usr/local/share/ca-certificates/rootcellar-site.crt";
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

/// A certificate that the site brings along, checked again and copied, so that the medium may go. It takes the places of what the site's own
/// authority would have signed; that authority, where there was one, waits in "_SET-made-authority" for the day the site goes back to it.
struct UseCertificate {
  std::string set = k_site_set;
  std::string chain;               ///< absolute path, PEM: the server's certificate first
  std::string key;                 ///< absolute path, PEM
  std::vector<std::string> names;  ///< that it has to be for
  bool known = false;              ///< who signed it is known outside this site: nobody is handed an authority
};

/// A QR code (ISO/IEC 18004) of a text with ${...}, drawn by qrencode as SVG.
struct DrawCode {
  std::string path;
  std::string text;
};

/// What Debian's programs, and this machine's own, read as the list of authorities.
inline constexpr const char* k_system_bundle = "/etc/ssl/certs/ca-certificates.crt";
/// What pods mount to trust the site, and to serve by its certificate.
inline constexpr const char* k_trust_map = "rootcellar-trust";
inline constexpr const char* k_site_secret = "rootcellar-site";

/// In a namespace of the cluster: a ConfigMap with the site's authority (ca.crt) and this machine's whole list with it (ca-certificates.crt),
/// and a Secret with the site's certificate. Compared by what the cluster has, so that it follows what is renewed. Undo deletes both.
struct ShareTrust {
  std::string space;
  std::string set = k_site_set;
  std::string bundle = k_system_bundle;
  std::string kubeconfig = k_admin_kubeconfig;
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
