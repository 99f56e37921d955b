#include "installer/run/site_certificates.h"

#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "installer/pki/authority.h"
#include "bundle/pki/provided.h"
#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_renewed_before = 30 * std::int64_t{86400};

bool has_secret(const std::string& name, const ActionScope& scope) {
  const auto found = scope.host().status(secret_path(name, scope));
  return found && found->type == FileStatus::Type::file && found->mode == 0600;
}

void keep(const std::string& name, std::string_view text, const ActionScope& scope) { write_private_file(secret_path(name, scope), text, scope); }

void tell(const std::string& name, std::string_view text, const ActionScope& scope) {
  write_private_file(capture_path(name, scope), cat(text, "\n"), scope);
}

std::string authority_text(const CertificateSet& set, const ActionScope& scope) {
  return cat(read_kept(secret_path(set.authority, scope), scope), "\n");
}

/// Everything people compare by eye follows from the certificate.
void tell_authority(const CertificateSet& set, const std::string& certificate, const ActionScope& scope) {
  const std::string fingerprint = certificate_fingerprint(certificate);
  tell(set.fingerprint, spelled_fingerprint(fingerprint), scope);
  tell(set.words, six_words(*hex_decode(fingerprint)), scope);
}

bool is_told(const std::string& name, const ActionScope& scope) { return scope.host().exists(capture_path(name, scope)); }

}  // namespace

CertificateSet certificate_set(const std::string& set) {
  return {cat(set, "-authority"),   cat("_", set, "-authority-key"), cat(set, "-certificate"), cat(set, "-certificate-key"),
          cat(set, "-authority-fingerprint"), cat(set, "-authority-words"), cat(set, "-certificate-end")};
}

bool has_authority(const std::string& name, const ActionScope& scope) {
  const CertificateSet set = certificate_set(name);
  return has_secret(set.authority, scope) && has_secret(set.authority_key, scope) && is_told(set.fingerprint, scope) &&
         is_told(set.words, scope);
}

void ensure_authority(const MakeAuthority& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  HostSystem& host = scope.host();
  const std::string key_path = secret_path(set.authority_key, scope), path = secret_path(set.authority, scope);
  if (!host.exists(path)) {
    if (!host.exists(key_path)) keep(set.authority_key, make_private_key(), scope);
    const SecretText key(cat(read_kept(key_path, scope), "\n"));
    const auto created = static_cast<std::int64_t>(action.bundle_created);
    keep(set.authority, make_authority(key.view(), {action.name, action.domains, action.ranges, authority_validity(created, host.now())}), scope);
  } else if (!host.exists(key_path)) {
    throw HostError(cat("the site's authority is in ", path, " and its key is not in ", key_path),
                    "bring the key back with 'rootcellar-install ca restore'; a new authority would not be trusted by anybody's device");
  }
  tell_authority(set, authority_text(set, scope), scope);
}

bool has_certificate(const IssueCertificate& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  if (!has_secret(set.certificate, scope) || !has_secret(set.certificate_key, scope) || !is_told(set.end, scope)) return false;
  const std::string chain = cat(read_kept(secret_path(set.certificate, scope), scope), "\n", authority_text(set, scope));
  const SecretText key(read_kept(secret_path(set.certificate_key, scope), scope));
  std::vector<std::string> names = action.names;
  names.insert(names.end(), action.addresses.begin(), action.addresses.end());
  return faults_of({chain, key.view(), names, scope.host().now() + k_renewed_before}).empty();
}

void issue_site_certificate(const IssueCertificate& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  const std::string authority = authority_text(set, scope);
  const SecretText authority_key(cat(read_kept(secret_path(set.authority_key, scope), scope), "\n"));
  const SecretText key(make_private_key());
  const Validity validity = server_validity(scope.host().now(), certificate_validity(authority));
  const std::string certificate = issue_certificate(authority, authority_key.view(), key.view(), {action.names, action.addresses, validity});
  // Until both are new, the names' check above sees that they do not belong together.
  keep(set.certificate_key, key.view(), scope);
  keep(set.certificate, certificate, scope);
  tell(set.end, format_time(validity.until).substr(0, 10), scope);
}

}  // namespace rootcellar
