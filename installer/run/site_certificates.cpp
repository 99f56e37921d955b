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

constexpr std::size_t k_limit = std::size_t{1} << 20;

void keep(const std::string& name, std::string_view text, const ActionScope& scope) { write_private_file(secret_path(name, scope), text, scope); }

void tell(const std::string& name, std::string_view text, const ActionScope& scope) {
  write_private_file(capture_path(name, scope), cat(text, "\n"), scope);
}

std::string authority_text(const CertificateSet& set, const ActionScope& scope) {
  return cat(read_kept(secret_path(set.authority, scope), scope), "\n");
}

bool is_told(const std::string& name, const ActionScope& scope) { return scope.host().exists(capture_path(name, scope)); }

/// The site's own comes back from where it waited while another's certificate was used.
void bring_back_authority(const CertificateSet& set, const ActionScope& scope) {
  const std::string path = secret_path(set.made_authority, scope);
  if (!scope.host().exists(path)) return;
  const std::string made = read_kept(path, scope);
  if (made.empty()) remove_private_file(secret_path(set.authority, scope), scope);
  else keep(set.authority, cat(made, "\n"), scope);
  remove_private_file(path, scope);
}

KeptAuthority::Key key_state(const std::string& path, HostSystem& host) {
  const auto text = host.read_file(path, k_limit);
  if (!text) return KeptAuthority::Key::none;
  const SecretText key(*text);
  return is_sealed_key(key.view()) ? KeptAuthority::Key::sealed : KeptAuthority::Key::open;
}

SecretText usable_authority_key(const std::string& name, const ActionScope& scope) {
  const KeptAuthority kept = kept_authority(name, scope.host(), scope.context.paths);
  if (KeyFault fault = key_fault(kept); !fault.message.empty()) throw HostError(std::move(fault.message), std::move(fault.hint));
  return SecretText(cat(read_kept(secret_path(certificate_set(name).authority_key, scope), scope), "\n"));
}

}  // namespace

CertificateSet certificate_set(const std::string& set) {
  return {cat(set, "-authority"),   cat("_", set, "-authority-key"), cat(set, "-certificate"), cat(set, "-certificate-key"),
          cat(set, "-authority-fingerprint"), cat(set, "-authority-words"), cat(set, "-certificate-end"),
          cat("_", set, "-made-authority"), cat("_", set, "-authority-key-moved")};
}

bool has_private_secret(const std::string& name, const ActionScope& scope) {
  const auto found = scope.host().status(secret_path(name, scope));
  return found && found->type == FileStatus::Type::file && found->mode == 0600;
}

void tell_authority(const CertificateSet& set, std::string_view certificate, const ActionScope& scope) {
  const std::string fingerprint = certificate_fingerprint(certificate);
  tell(set.fingerprint, spelled_fingerprint(fingerprint), scope);
  tell(set.words, six_words(*hex_decode(fingerprint)), scope);
}

bool is_authority_told(const CertificateSet& set, const ActionScope& scope) { return is_told(set.fingerprint, scope) && is_told(set.words, scope); }

void keep_certificate(const CertificateSet& set, std::string_view certificate, std::string_view key, const ActionScope& scope) {
  keep(set.certificate_key, key, scope);
  keep(set.certificate, certificate, scope);
  tell(set.end, format_time(certificate_validity(certificate).until).substr(0, 10), scope);
}

KeptAuthority kept_authority(const std::string& name, HostSystem& host, const SitePaths& paths) {
  const CertificateSet set = certificate_set(name);
  const auto path = [&](const std::string& secret) { return path_join(paths.secrets(), secret); };
  const bool waits = host.exists(path(set.made_authority));
  KeptAuthority kept;
  kept.certificate = host.read_file(path(waits ? set.made_authority : set.authority), k_limit).value_or("");
  kept.key = key_state(path(set.authority_key), host);
  const auto moved = host.read_file(path(set.moved_key), k_limit);
  if (kept.key != KeptAuthority::Key::none || !moved) return kept;
  kept.key = KeptAuthority::Key::moved;
  kept.moved = trim(*moved);
  return kept;
}

KeyFault key_fault(const KeptAuthority& authority) {
  switch (authority.key) {
    case KeptAuthority::Key::open:
      return {};
    case KeptAuthority::Key::sealed:
      return {"the key of the site's authority is under a passphrase, and a certificate has to be signed",
              "run 'rootcellar-install ca unseal', then this again, and 'rootcellar-install ca seal' at the end"};
    case KeptAuthority::Key::moved:
      return {cat("the key of the site's authority was moved to ", authority.moved, ", and a certificate has to be signed"),
              "bring it back with 'rootcellar-install ca restore --from DIR', then run this again"};
    case KeptAuthority::Key::none:
      break;
  }
  return {"the key of the site's authority is not on this machine, and a certificate has to be signed",
          "bring it back with 'rootcellar-install ca restore --from DIR'; a new authority would not be trusted by anybody's device"};
}

bool has_authority(const std::string& name, const ActionScope& scope) {
  const CertificateSet set = certificate_set(name);
  if (scope.host().exists(secret_path(set.made_authority, scope)) || !has_private_secret(set.authority, scope)) return false;
  const KeptAuthority kept = kept_authority(name, scope.host(), scope.context.paths);
  if (kept.key == KeptAuthority::Key::none || !is_authority_told(set, scope)) return false;
  if (kept.key == KeptAuthority::Key::moved) return true;
  if (!has_private_secret(set.authority_key, scope) || kept.key == KeptAuthority::Key::sealed) return kept.key == KeptAuthority::Key::sealed;
  const SecretText key(cat(read_kept(secret_path(set.authority_key, scope), scope), "\n"));
  return key_belongs(kept.certificate, key.view());
}

void ensure_authority(const MakeAuthority& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  HostSystem& host = scope.host();
  bring_back_authority(set, scope);
  const std::string key_path = secret_path(set.authority_key, scope), path = secret_path(set.authority, scope);
  if (!host.exists(path)) {
    if (!host.exists(key_path)) keep(set.authority_key, make_private_key(), scope);
    const SecretText key(cat(read_kept(key_path, scope), "\n"));
    const auto created = static_cast<std::int64_t>(action.bundle_created);
    keep(set.authority, make_authority(key.view(), {action.name, action.domains, action.ranges, authority_validity(created, host.now())}), scope);
  } else if (kept_authority(action.set, host, scope.context.paths).key == KeptAuthority::Key::none) {
    throw HostError(cat("the site's authority is in ", path, " and its key is not in ", key_path),
                    "bring the key back with 'rootcellar-install ca restore'; a new authority would not be trusted by anybody's device");
  }
  tell_authority(set, authority_text(set, scope), scope);
}

bool has_certificate(const IssueCertificate& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  if (!has_private_secret(set.certificate, scope) || !has_private_secret(set.certificate_key, scope) || !is_told(set.end, scope)) return false;
  const std::string chain = cat(read_kept(secret_path(set.certificate, scope), scope), "\n", authority_text(set, scope));
  const SecretText key(read_kept(secret_path(set.certificate_key, scope), scope));
  std::vector<std::string> names = action.names;
  names.insert(names.end(), action.addresses.begin(), action.addresses.end());
  return faults_of({chain, key.view(), names, scope.host().now() + k_renewed_before}).empty();
}

void issue_site_certificate(const IssueCertificate& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  const std::string authority = authority_text(set, scope);
  const SecretText authority_key = usable_authority_key(action.set, scope), key(make_private_key());
  const Validity validity = server_validity(scope.host().now(), certificate_validity(authority));
  keep_certificate(set, issue_certificate(authority, authority_key.view(), key.view(), {action.names, action.addresses, validity}), key.view(),
                   scope);
}

}  // namespace rootcellar
