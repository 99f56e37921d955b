// The site's authority and certificate as they lie on this machine: made, judged, and told to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "installer/host/host_system.h"
#include "installer/run/lan_step.h"

namespace rootcellar {

struct ActionScope;
struct SitePaths;

/// The authority and its key are there, belong together, and are private. A key may be under a passphrase, or moved to another place.
bool has_authority(const std::string& set, const ActionScope& scope);
/// Makes them where they are not; one that is there stays whatever it was made for. HostError when only one half of it is there.
void ensure_authority(const MakeAuthority& action, const ActionScope& scope);

/// The certificate is there with its key, signed by this authority, for these names and addresses, and for 30 more days.
bool has_certificate(const IssueCertificate& action, const ActionScope& scope);
/// HostError with what to do when the authority's key cannot be used here.
void issue_site_certificate(const IssueCertificate& action, const ActionScope& scope);

/// What a certificate is renewed before its end, seconds.
inline constexpr std::int64_t k_renewed_before = 30 * std::int64_t{86400};

/// What this machine has of its own authority: the one it made, also while another's certificate is used.
struct KeptAuthority {
  enum class Key { none, open, sealed, moved };
  std::string certificate;  ///< PEM; empty: there is none
  Key key = Key::none;
  std::string moved;        ///< "/media/stick on 2026-11-25"
};
KeptAuthority kept_authority(const std::string& set, HostSystem& host, const SitePaths& paths);
/// Why the key cannot sign here and now, and what to do about it; both empty when it can.
struct KeyFault {
  std::string message, hint;
};
KeyFault key_fault(const KeptAuthority& authority);

/// People compare these by eye: they follow from the authority's certificate.
void tell_authority(const CertificateSet& set, std::string_view certificate, const ActionScope& scope);
bool is_authority_told(const CertificateSet& set, const ActionScope& scope);
/// Keeps a certificate with its key, the key first: a stop between leaves two that do not belong together, which every probe sees.
void keep_certificate(const CertificateSet& set, std::string_view certificate, std::string_view key, const ActionScope& scope);
bool has_private_secret(const std::string& name, const ActionScope& scope);

}  // namespace rootcellar
