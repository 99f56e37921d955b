#include "installer/care/authority_copy.h"

#include "bundle/base/error.h"
#include "installer/pki/authority.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;

const CertificateSet& site() {
  static const CertificateSet set = certificate_set(k_site_set);
  return set;
}

/// Of the key as it is, open or under a passphrase.
SecretText key_here(const ActionScope& scope) {
  return SecretText(scope.host().read_file(secret_path(site().authority_key, scope), k_limit).value_or(""));
}

void keep_key(std::string_view key, const ActionScope& scope) { write_private_file(secret_path(site().authority_key, scope), key, scope); }

void require_key(const std::string& verb, const KeptAuthority& authority) {
  if (authority.key == KeptAuthority::Key::moved)
    throw HostError(cat("cannot ", verb, ": its key was moved to ", authority.moved), "bring it back with 'rootcellar-install ca restore --from DIR'");
  if (authority.key == KeptAuthority::Key::none) throw HostError(cat("cannot ", verb, ": its key is not on this machine"));
}

void require_folder(const std::string& folder, HostSystem& host) {
  const auto found = host.status(folder);
  if (!found || found->type != FileStatus::Type::directory)
    throw UsageError(cat("cannot write to '", folder, "': expected a directory, found none"), "is the medium mounted?");
}

/// Another site's files are nobody's to write over.
void require_no_other(const std::string& path, const std::string& certificate, HostSystem& host) {
  const auto found = host.read_file(path, k_limit);
  if (found && trim(*found) != trim(certificate)) throw UsageError(cat("'", path, "' is there already and is another authority's"), "give another folder");
}

void write_checked(const std::string& path, std::string_view content, unsigned mode, HostSystem& host) {
  host.write_file(path, content, mode, Owner{{}, {}});
  host.sync_filesystem(path_parent(path));
  const SecretText written(host.read_file(path, k_limit).value_or(""));
  if (written.view() != content) throw SystemError(cat("cannot write '", path, "': what was read back is something else"));
}

std::string read_copied(const std::string& path, HostSystem& host) {
  auto text = host.read_file(path, k_limit);
  if (!text) throw InputError(cat("cannot restore the site's authority: expected '", path, "', found none"), "'ca export' writes it");
  return *std::move(text);
}

void check_certificate(const std::string& path, const std::string& certificate, const std::string& domain, const ActionScope& scope) {
  if (!is_authority(certificate)) throw InputError(cat("'", path, "' is no authority's certificate: expected one, PEM"));
  const std::int64_t until = certificate_validity(certificate).until, now = scope.host().now();
  if (now >= until) throw InputError(cat("the authority of '", path, "' was good until ", format_time(until), "; it is ", format_time(now)));
  if (!domain.empty() && !beyond_authority(certificate, {domain}, {}).empty()) {
    throw HostError(cat("cannot restore the site's authority: it is for ", join(authority_domains(certificate), ", "), ", and this site's domain is ", domain),
                    "it is another site's");
  }
  const std::string here = kept_authority(k_site_set, scope.host(), scope.context.paths).certificate;
  if (here.empty() || trim(here) == trim(certificate)) return;
  throw HostError(cat("cannot restore the site's authority: this machine has another one, for ", join(authority_domains(here), ", ")),
                  "devices may trust that one; 'rootcellar-install ca forget' makes room");
}

SecretText opened_key(const std::string& path, const std::string& certificate_path, const std::string& certificate, const AskPassphrase& ask,
                      HostSystem& host) {
  const SecretText copied(read_copied(path, host));
  SecretText key(is_sealed_key(copied.view()) ? open_private_key(copied.view(), ask().view()) : std::string(copied.view()));
  if (!key_belongs(certificate, key.view())) throw InputError(cat("the key in '", path, "' is not that of the certificate in '", certificate_path, "'"));
  return key;
}

}  // namespace

KeptAuthority require_authority(const std::string& verb, const ActionScope& scope) {
  KeptAuthority kept = kept_authority(k_site_set, scope.host(), scope.context.paths);
  if (kept.certificate.empty())
    throw HostError(cat("cannot ", verb, ": this machine has made no authority"), "an appliance with a section lan makes one when it is installed");
  return kept;
}

void export_authority(const std::string& folder, bool move, const AskPassphrase& ask, const ActionScope& scope) {
  const std::string verb = "export the site's authority";
  const KeptAuthority kept = require_authority(verb, scope);
  require_key(verb, kept);
  HostSystem& host = scope.host();
  require_folder(folder, host);
  const std::string certificate_path = path_join(folder, k_copied_authority), key_path = path_join(folder, k_copied_key);
  require_no_other(certificate_path, kept.certificate, host);
  const SecretText key = key_here(scope);
  const SecretText sealed(kept.key == KeptAuthority::Key::sealed ? std::string(key.view()) : seal_private_key(key.view(), ask().view()));
  write_checked(key_path, sealed.view(), 0600, host);
  write_checked(certificate_path, kept.certificate, 0644, host);
  if (!move) return;
  // While both are there, the key counts.
  write_private_file(secret_path(site().moved_key, scope), cat(folder, " on ", format_time(host.now()).substr(0, 10), "\n"), scope);
  remove_private_file(secret_path(site().authority_key, scope), scope);
}

void restore_authority(const std::string& folder, const std::string& domain, const AskPassphrase& ask, const ActionScope& scope) {
  HostSystem& host = scope.host();
  const std::string certificate_path = path_join(folder, k_copied_authority);
  const std::string certificate = read_copied(certificate_path, host);
  check_certificate(certificate_path, certificate, domain, scope);
  const SecretText key = opened_key(path_join(folder, k_copied_key), certificate_path, certificate, ask, host);
  // The certificate first: a key alone would get a new one, which nobody trusts.
  const bool waits = host.exists(secret_path(site().made_authority, scope));
  write_private_file(secret_path(waits ? site().made_authority : site().authority, scope), certificate, scope);
  keep_key(key.view(), scope);
  remove_private_file(secret_path(site().moved_key, scope), scope);
}

void seal_authority_key(const AskPassphrase& ask, const ActionScope& scope) {
  const std::string verb = "seal the key of the site's authority";
  const KeptAuthority kept = require_authority(verb, scope);
  require_key(verb, kept);
  if (kept.key == KeptAuthority::Key::sealed) throw UsageError(cat("cannot ", verb, ": it is under a passphrase already"), "'ca unseal' first for another one");
  const SecretText key = key_here(scope);
  keep_key(seal_private_key(key.view(), ask().view()), scope);
}

void unseal_authority_key(const AskPassphrase& ask, const ActionScope& scope) {
  const std::string verb = "unseal the key of the site's authority";
  const KeptAuthority kept = require_authority(verb, scope);
  require_key(verb, kept);
  if (kept.key == KeptAuthority::Key::open) throw UsageError(cat("cannot ", verb, ": it is under no passphrase"));
  const SecretText key = key_here(scope), opened(open_private_key(key.view(), ask().view()));
  keep_key(opened.view(), scope);
}

void forget_authority(const ActionScope& scope) {
  // What tells of the key goes first: a certificate without a key is seen as half of one.
  for (const std::string& name : {site().certificate, site().certificate_key, site().moved_key, site().authority_key, site().made_authority, site().authority})
    remove_private_file(secret_path(name, scope), scope);
  for (const std::string& name : {site().fingerprint, site().words, site().end}) remove_private_file(capture_path(name, scope), scope);
}

}  // namespace rootcellar
