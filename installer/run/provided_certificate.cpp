#include "installer/run/provided_certificate.h"

#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "installer/pki/authority.h"
#include "bundle/pki/provided.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::size_t k_store_limit = std::size_t{16} << 20;
constexpr const char* k_store = "/etc/ssl/certs/ca-certificates.crt";

/// Both files' content.
struct Files {
  std::string chain;
  SecretText key;
};

std::optional<Files> read_files(const UseCertificate& action, HostSystem& host) {
  auto chain = host.read_file(action.chain, k_limit);
  auto key = host.read_file(action.key, k_limit);
  if (!chain || !key) return std::nullopt;
  return Files{*std::move(chain), SecretText(*std::move(key))};
}

std::string first_fault(const UseCertificate& action, const Files& files, const ChainRoot& root, std::int64_t now) {
  const std::vector<std::string> faults = faults_of({files.chain, files.key.view(), action.names, now});
  if (!faults.empty()) return faults.front();
  if (!root.fault.empty()) return root.fault;
  if (root.known == action.known) return {};
  return action.known ? "its authority is not known to this machine, and that of the one before was"
                      : "its authority is known to this machine, and that of the one before was not";
}

/// What is kept, by itself.
bool is_usable(const UseCertificate& action, const CertificateSet& set, const ActionScope& scope) {
  for (const std::string& name : {set.certificate, set.certificate_key, set.authority, set.made_authority}) {
    if (!has_private_secret(name, scope)) return false;
  }
  if (!is_authority_told(set, scope) || !scope.host().exists(capture_path(set.end, scope))) return false;
  const std::string chain = cat(read_kept(secret_path(set.certificate, scope), scope), "\n", read_kept(secret_path(set.authority, scope), scope));
  const SecretText key(read_kept(secret_path(set.certificate_key, scope), scope));
  return faults_of({chain, key.view(), action.names, scope.host().now()}).empty();
}

}  // namespace

std::string known_authorities(HostSystem& host) {
  std::string store = host.read_file(k_store, k_store_limit).value_or("");
  const std::string ours(trim(host.read_file(k_site_trust_file, k_limit).value_or("")));
  const std::size_t at = ours.empty() ? store.npos : store.find(ours);
  if (at != store.npos) store.erase(at, ours.size());
  return store;
}

bool has_provided(const UseCertificate& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  if (!is_usable(action, set, scope)) return false;
  const auto files = read_files(action, scope.host());
  if (!files) return true;
  const std::int64_t now = scope.host().now();
  const ChainRoot root = root_of(files->chain, known_authorities(scope.host()), now);
  if (!first_fault(action, *files, root, now).empty()) return false;
  return trim(root.chain) == read_kept(secret_path(set.certificate, scope), scope) &&
         trim(root.root) == read_kept(secret_path(set.authority, scope), scope);
}

std::string provided_fault(const UseCertificate& action, const ActionScope& scope) {
  const auto files = read_files(action, scope.host());
  if (!files && is_usable(action, certificate_set(action.set), scope)) return {};
  if (!files) return cat("expected it and its key '", action.key, "', found not both");
  const std::int64_t now = scope.host().now();
  return first_fault(action, *files, root_of(files->chain, known_authorities(scope.host()), now), now);
}

void use_provided(const UseCertificate& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  HostSystem& host = scope.host();
  if (const std::string fault = provided_fault(action, scope); !fault.empty())
    throw InputError(cat("cannot use the certificate '", action.chain, "': ", fault), "put a good one there, and run this again");
  const auto files = read_files(action, host);
  if (!files) return;
  const ChainRoot root = root_of(files->chain, known_authorities(host), host.now());
  const std::string own = secret_path(set.authority, scope), waits = secret_path(set.made_authority, scope);
  if (!host.exists(waits)) write_private_file(waits, host.read_file(own, k_limit).value_or(""), scope);
  write_private_file(own, root.root, scope);
  keep_certificate(set, root.chain, files->key.view(), scope);
  tell_authority(set, root.root, scope);
}

void drop_provided(const UseCertificate& action, bool with_authority, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  for (const std::string& name : {set.certificate, set.certificate_key}) remove_private_file(secret_path(name, scope), scope);
  for (const std::string& name : {set.end, set.fingerprint, set.words}) remove_private_file(capture_path(name, scope), scope);
  const std::string own = secret_path(set.authority, scope), waits = secret_path(set.made_authority, scope);
  if (!scope.host().exists(waits)) return;
  const std::string made = with_authority ? std::string() : read_kept(waits, scope);
  if (made.empty()) remove_private_file(own, scope);
  else write_private_file(own, cat(made, "\n"), scope);
  remove_private_file(waits, scope);
  if (!with_authority) return;
  for (const std::string& name : {set.authority_key, set.moved_key}) remove_private_file(secret_path(name, scope), scope);
}

}  // namespace rootcellar
