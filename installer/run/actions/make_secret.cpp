#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "bundle/base/signing.h"
#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"
#include "installer/run/secret_material.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_secret_limit = std::size_t{1} << 20;

std::uint64_t length_or(const GeneratedSecret& secret, std::uint64_t fallback) {
  constexpr std::uint64_t k_longest = 65536;
  const std::uint64_t length = secret.length == 0 ? fallback : secret.length;
  if (length > k_longest) throw InputError(cat("secret '", secret.name, "': expected a length of at most ", k_longest, ", found ", length));
  return length;
}

SecretText other_secret(const GeneratedSecret& secret, const ActionScope& scope) {
  return SecretText(read_kept(secret_path(secret.secret, scope), scope));
}

std::string filled(const MakeSecret& action, const std::string& text, const ActionScope& scope) {
  return fill_in(text, action.values, cat("secret '", action.secret.name, "'"), scope).text;
}

SecretText make(const MakeSecret& action, const ActionScope& scope) {
  const GeneratedSecret& secret = action.secret;
  if (secret.kind == "password") return SecretText(random_password(length_or(secret, 24)));
  if (secret.kind == "hex") return SecretText(random_hex(length_or(secret, 64)));
  if (secret.kind == "rsa") return SecretText(rsa_private_key(static_cast<unsigned>(length_or(secret, 3072))));
  if (secret.kind == k_site_key_kind) return SecretText(SecretKey::generate().file_text({}));
  if (secret.kind == "dhparam") return SecretText(dh_parameters(static_cast<unsigned>(length_or(secret, 2048))));
  const SecretText other = other_secret(secret, scope);
  if (secret.kind == "jwt") return SecretText(json_web_token(filled(action, secret.claims, scope), other.view()));
  if (secret.kind == "htpasswd") return SecretText(htpasswd_line(secret.user, std::string(other.view())));
  if (secret.kind == "dockerconfigjson")
    return SecretText(docker_config_json(filled(action, secret.server, scope), secret.user, std::string(other.view())));
  throw InputError(cat("secret '", secret.name,
                       "': expected a kind of secret (password, hex, rsa, jwt, dhparam, htpasswd, "
                       "dockerconfigjson), found '",
                       printable(secret.kind), "'"));
}

bool is_derived(const GeneratedSecret& secret) {
  return secret.kind == "jwt" || secret.kind == "htpasswd" || secret.kind == "dockerconfigjson";
}

// What was drawn at random is right by being there; what follows from others must follow from them as they are now.
bool is_current(const MakeSecret& action, const std::string& kept, const ActionScope& scope) {
  const GeneratedSecret& secret = action.secret;
  if (kept.empty()) return false;
  if (!is_derived(secret) || !scope.host().exists(secret_path(secret.secret, scope))) return true;
  if (secret.kind == "htpasswd") return htpasswd_matches(kept, secret.user, std::string(other_secret(secret, scope).view()));
  return make(action, scope).view() == kept;
}

bool is_made(const MakeSecret& action, const ActionScope& scope) {
  const std::string path = secret_path(action.secret.name, scope);
  const auto found = scope.host().status(path);
  if (!found || found->type != FileStatus::Type::file || found->mode != 0600) return false;
  const auto kept = scope.host().read_file(path, k_secret_limit);
  const SecretText text(kept.value_or(""));
  return is_current(action, std::string(text.view()), scope);
}

}  // namespace

ProbeResult probe(const MakeSecret& action, ActionScope& scope) {
  return is_made(action, scope) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const MakeSecret&, ActionScope&) { return JsonValue::object(); }

// One whose mode people changed keeps its content: databases were set up with it.
void perform(const MakeSecret& action, ActionScope& scope) {
  const std::string path = secret_path(action.secret.name, scope);
  const SecretText kept(scope.host().read_file(path, k_secret_limit).value_or(""));
  if (is_current(action, std::string(kept.view()), scope)) return write_private_file(path, kept.view(), scope);
  write_private_file(path, make(action, scope).view(), scope);
}

void take_back(const MakeSecret& action, const JsonValue&, bool purge_data, ActionScope& scope) {
  const std::string path = secret_path(action.secret.name, scope);
  if (purge_data || action.secret.kind == k_site_key_kind) return remove_private_file(path, scope);
  if (scope.host().exists(path)) scope.context.kept.push_back(path_parent(path));
}

}  // namespace rootcellar
