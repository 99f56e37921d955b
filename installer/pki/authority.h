// The site's own certificate authority: made on the target, good for the names and addresses of this site and for nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// From when until when, UTC seconds.
struct Validity {
  std::int64_t from = 0;
  std::int64_t until = 0;
  bool operator==(const Validity&) const = default;
};

/// What the authority may sign for (name constraints, RFC 5280 section 4.2.1.10), all of it permitted, everything else refused by whoever
/// checks a certificate of it.
struct AuthorityRequest {
  std::string name;                  ///< common name: what people see in their lists of authorities
  std::vector<std::string> domains;  ///< each with everything below it: "lab.example", "localhost", "svc"
  std::vector<std::string> ranges;   ///< "192.0.2.0/24", "::1/128"
  Validity validity;
};

/// A server's certificate.
struct ServerRequest {
  std::vector<std::string> names;      ///< DNS names, "*.lab.example" too; the first is the common name
  std::vector<std::string> addresses;  ///< numeric
  Validity validity;
};

/// Ten years from the bundle's time, or from `now` where that is later: a clock that is behind sees it valid, and so does one that is ahead.
Validity authority_validity(std::int64_t bundle_created, std::int64_t now);
/// 397 days, which is the most that browsers take; begun up to 30 days ago, for machines whose clock is behind, but not before the authority.
Validity server_validity(std::int64_t now, const Validity& authority);

/// An ECDSA key on P-256, as PEM "PRIVATE KEY".
std::string make_private_key();
/// The same key sealed by a passphrase (PEM "ENCRYPTED PRIVATE KEY"), and opened again. InputError for a wrong passphrase.
std::string seal_private_key(std::string_view key, std::string_view passphrase);
std::string open_private_key(std::string_view sealed, std::string_view passphrase);

/// The authority's certificate, PEM. InputError for a name or range that is none.
std::string make_authority(std::string_view key, const AuthorityRequest& request);
/// A server's certificate for `key`, signed by the authority, PEM, without the authority's. InputError for what the authority may not sign.
std::string issue_certificate(std::string_view authority, std::string_view authority_key, std::string_view key, const ServerRequest& request);

/// Which of these names and addresses the authority may not sign for.
std::vector<std::string> beyond_authority(std::string_view authority, const std::vector<std::string>& names,
                                          const std::vector<std::string>& addresses);
/// The domains that the authority may sign for, in the order it was made with.
std::vector<std::string> authority_domains(std::string_view authority);
bool is_authority(std::string_view certificate);
/// The key, not under a passphrase, is that of the certificate. False for texts that are none.
bool key_belongs(std::string_view certificate, std::string_view key);
bool is_sealed_key(std::string_view key);

/// SHA-256 of the certificate's DER bytes: what operating systems show as its fingerprint. 64 hex digits.
std::string certificate_fingerprint(std::string_view certificate);
/// "AB:CD:...", as they spell it.
std::string spelled_fingerprint(std::string_view hex);
Validity certificate_validity(std::string_view certificate);

}  // namespace rootcellar
