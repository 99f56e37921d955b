#include "installer/run/site_certificates.h"

#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "installer/pki/authority.h"
#include "installer/pki/provided.h"
#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_renewed_before = 30 * std::int64_t{86400};

bool has_secret(const char* name, const ActionScope& scope) {
  const auto found = scope.host().status(secret_path(name, scope));
  return found && found->type == FileStatus::Type::file && found->mode == 0600;
}

void keep(const char* name, std::string_view text, const ActionScope& scope) { write_private_file(secret_path(name, scope), text, scope); }

void tell(const char* name, std::string_view text, const ActionScope& scope) {
  write_private_file(capture_path(name, scope), cat(text, "\n"), scope);
}

std::string authority_text(const ActionScope& scope) { return cat(read_kept(secret_path(k_authority, scope), scope), "\n"); }

/// Everything people compare by eye follows from the certificate.
void tell_authority(const std::string& certificate, const ActionScope& scope) {
  const std::string fingerprint = certificate_fingerprint(certificate);
  tell(k_authority_fingerprint, spelled_fingerprint(fingerprint), scope);
  tell(k_authority_words, six_words(*hex_decode(fingerprint)), scope);
}

bool is_told(const char* name, const ActionScope& scope) { return scope.host().exists(capture_path(name, scope)); }

}  // namespace

bool has_authority(const ActionScope& scope) {
  return has_secret(k_authority, scope) && has_secret(k_authority_key, scope) && is_told(k_authority_fingerprint, scope) &&
         is_told(k_authority_words, scope);
}

void ensure_authority(const MakeAuthority& action, const ActionScope& scope) {
  HostSystem& host = scope.host();
  const std::string key_path = secret_path(k_authority_key, scope), path = secret_path(k_authority, scope);
  if (!host.exists(path)) {
    if (!host.exists(key_path)) keep(k_authority_key, make_private_key(), scope);
    const SecretText key(cat(read_kept(key_path, scope), "\n"));
    const auto created = static_cast<std::int64_t>(action.bundle_created);
    keep(k_authority, make_authority(key.view(), {action.name, action.domains, action.ranges, authority_validity(created, host.now())}), scope);
  } else if (!host.exists(key_path)) {
    throw HostError(cat("the site's authority is in ", path, " and its key is not in ", key_path),
                    "bring the key back with 'rootcellar-install ca restore'; a new authority would not be trusted by anybody's device");
  }
  tell_authority(authority_text(scope), scope);
}

bool has_certificate(const IssueCertificate& action, const ActionScope& scope) {
  if (!has_secret(k_site_certificate, scope) || !has_secret(k_site_certificate_key, scope) || !is_told(k_certificate_end, scope)) return false;
  const std::string chain = cat(read_kept(secret_path(k_site_certificate, scope), scope), "\n", authority_text(scope));
  const SecretText key(read_kept(secret_path(k_site_certificate_key, scope), scope));
  std::vector<std::string> names = action.names;
  names.insert(names.end(), action.addresses.begin(), action.addresses.end());
  return faults_of({chain, key.view(), names, scope.host().now() + k_renewed_before}).empty();
}

void issue_site_certificate(const IssueCertificate& action, const ActionScope& scope) {
  const std::string authority = authority_text(scope);
  const SecretText authority_key(cat(read_kept(secret_path(k_authority_key, scope), scope), "\n"));
  const SecretText key(make_private_key());
  const Validity validity = server_validity(scope.host().now(), certificate_validity(authority));
  const std::string certificate = issue_certificate(authority, authority_key.view(), key.view(), {action.names, action.addresses, validity});
  // Until both are new, the names' check above sees that they do not belong together.
  keep(k_site_certificate_key, key.view(), scope);
  keep(k_site_certificate, certificate, scope);
  tell(k_certificate_end, format_time(validity.until).substr(0, 10), scope);
}

}  // namespace rootcellar
