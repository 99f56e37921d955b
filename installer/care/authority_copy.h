// The site's authority carried to a medium and back, so that a rebuilt machine keeps the trust people gave; and its key under a passphrase.
#pragma once

#include <functional>
#include <string>

#include "bundle/base/secret.h"
#include "installer/run/actions/actions.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {

inline constexpr const char* k_copied_authority = "rootcellar-site-ca.crt";
inline constexpr const char* k_copied_key = "rootcellar-site-ca.key";  ///< always under a passphrase

/// Asked for when it is needed, and not before everything else fits.
using AskPassphrase = std::function<SecretText()>;

/// HostError when this machine has no authority.
KeptAuthority require_authority(const std::string& verb, const ActionScope& scope);

/// Writes both files to `folder`; a key that is under a passphrase keeps that one. `move`: the key is only there then.
void export_authority(const std::string& folder, bool move, const AskPassphrase& ask, const ActionScope& scope);
/// Takes both files of `folder`. `domain`: the site's, empty when nothing says it yet. May be done again after a stop anywhere.
void restore_authority(const std::string& folder, const std::string& domain, const AskPassphrase& ask, const ActionScope& scope);
void seal_authority_key(const AskPassphrase& ask, const ActionScope& scope);
void unseal_authority_key(const AskPassphrase& ask, const ActionScope& scope);
/// REQUIRES: nothing installed uses it.
void forget_authority(const ActionScope& scope);

}  // namespace rootcellar
