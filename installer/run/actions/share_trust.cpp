#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_namespace.h"
#include "installer/run/json_at.h"
#include "installer/run/runtime_values.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

// A ConfigMap holds 1 MiB in all (kubernetes.io, "ConfigMaps"); etcd takes 1.5 MiB for the whole object.
constexpr std::size_t k_map_limit = (std::size_t{1} << 20) - (std::size_t{16} << 10);
constexpr std::size_t k_bundle_limit = std::size_t{16} << 20;
constexpr std::uint64_t k_limit = 60;  // seconds
constexpr std::string_view k_label = "app.kubernetes.io/managed-by";

/// What pods are given, from what lies on this machine.
struct Shared {
  std::string authority;    ///< PEM
  std::string bundle;       ///< PEM, many
  std::string certificate;  ///< PEM
};

std::string kept_pem(const std::string& name, const ActionScope& scope) { return cat(read_kept(secret_path(name, scope), scope), "\n"); }

std::string bundle_with(const std::string& authority, const ShareTrust& action, const ActionScope& scope) {
  std::string bundle = scope.host().read_file(action.bundle, k_bundle_limit).value_or("");
  const std::size_t twice = authority.empty() ? bundle.size() : 2 * authority.size();  // in both keys
  if (bundle.size() + twice > k_map_limit)
    throw HostError(cat("cannot share the site's trust: '", action.bundle, "' has ", human_size(bundle.size()), ", and a ConfigMap holds 1 MiB"),
                    "take authorities out of this machine's list that nobody here needs: dpkg-reconfigure ca-certificates");
  if (!bundle.empty() && !bundle.ends_with('\n')) bundle += '\n';
  if (bundle.find(authority) == bundle.npos) bundle += authority;
  return bundle;
}

Shared shared_by(const ShareTrust& action, const ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  // Whoever signed it may be known everywhere: then what everybody knows is what is trusted.
  const bool own = scope.host().exists(secret_path(set.authority, scope));
  if (!own) {
    const std::string known = bundle_with({}, action, scope);
    return {known, known, kept_pem(set.certificate, scope)};
  }
  const std::string authority = kept_pem(set.authority, scope);
  return {authority, bundle_with(authority, action, scope), kept_pem(set.certificate, scope)};
}

JsonValue text(std::string_view value) { return JsonValue::string(std::string(value)); }

JsonValue metadata(const char* name, const std::string& space) {
  return JsonValue::object({{"name", text(name)}, {"namespace", text(space)}, {"labels", JsonValue::object({{std::string(k_label), text("rootcellar")}})}});
}

JsonValue map_of(const ShareTrust& action, const Shared& shared) {
  return JsonValue::object({{"apiVersion", text("v1")},
                            {"kind", text("ConfigMap")},
                            {"metadata", metadata(k_trust_map, action.space)},
                            {"data", JsonValue::object({{"ca.crt", text(shared.authority)}, {"ca-certificates.crt", text(shared.bundle)}})}});
}

JsonValue secret_of(const ShareTrust& action, const Shared& shared, std::string_view key) {
  return JsonValue::object({{"apiVersion", text("v1")},
                            {"kind", text("Secret")},
                            {"metadata", metadata(k_site_secret, action.space)},
                            {"type", text("kubernetes.io/tls")},
                            {"stringData", JsonValue::object({{"tls.crt", text(shared.certificate)}, {"tls.key", text(key)}})}});
}

/// The key follows its certificate: the two are made together.
bool is_shared(const ShareTrust& action, const Shared& shared, const ClusterApi& api) {
  const auto map = api.get_json({cat("configmap/", k_trust_map), "--namespace", action.space, "--ignore-not-found"});
  if (!map || text_at(*map, {"data", "ca.crt"}) != shared.authority || text_at(*map, {"data", "ca-certificates.crt"}) != shared.bundle)
    return false;
  const auto served = api.get({cat("secret/", k_site_secret), "--namespace", action.space, "--ignore-not-found", "--output",
                               "jsonpath={.data.tls\\.crt}"});
  return served && trim(*served) == base64_encode(as_bytes(shared.certificate));
}

/// Of the site's own cluster: what others made under our names is not ours to change.
void require_free_names(const ShareTrust& action, const ClusterApi& api) {
  for (const std::string& name : {cat("configmap/", k_trust_map), cat("secret/", k_site_secret)}) {
    const auto found = api.get({name, "--namespace", action.space, "--ignore-not-found", "--output",
                                "jsonpath={.metadata.name} {.metadata.labels.app\\.kubernetes\\.io/managed-by}"});
    const bool ours = !found || trim(*found).empty() || trim(*found).ends_with(" rootcellar");
    if (!ours)
      throw HostError(cat("cannot share the site's trust: the site's cluster has '", name, "' in namespace '", action.space,
                          "' already, and not from here"),
                      "take it away there, if nobody needs it; nothing of it was changed");
  }
}

FilledText documents_of(const ShareTrust& action, const Shared& shared, const ActionScope& scope) {
  FilledText documents;
  documents.secrets.push_back(kept_pem(certificate_set(action.set).certificate_key, scope));
  const JsonValue list = JsonValue::object(
      {{"apiVersion", text("v1")},
       {"kind", text("List")},
       {"items", JsonValue::array({map_of(action, shared), secret_of(action, shared, documents.secrets.front())})}});
  documents.text = list.dump();
  return documents;
}

void apply(const ShareTrust& action, const ClusterApi& api) {
  const FilledText documents = documents_of(action, shared_by(action, api.scope()), api.scope());
  const ToolResult result = api.run({"apply", "--server-side", "--force-conflicts", "--field-manager=rootcellar", "--namespace", action.space,
                                     "--filename", "-"},
                                    k_limit, documents.text, documents.secrets);
  if (result.exit_code == 0 && !result.timed_out) return;
  // Before 1.16 the server did not merge, and the client's own note of what it applied would be larger than an annotation may be.
  const bool old = result.error_output.find("unknown flag: --server-side") != std::string::npos;
  if (!old)
    throw SystemError(cat("cannot share the site's trust", namespace_text(action.space), ": ",
                          redact_failure(result, k_limit, documents.secrets)),
                      cat("its whole output is in ", api.scope().log()));
  api.run_or_throw({"replace", "--force", "--namespace", action.space, "--filename", "-"}, k_limit, documents.text, documents.secrets);
}

}  // namespace

// What it is made of may not be there yet.
ProbeResult probe(const ShareTrust& action, ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  if (!scope.host().exists(secret_path(set.certificate, scope))) return ProbeResult::needed;
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  return is_shared(action, shared_by(action, scope), api) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const ShareTrust& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (api.is_sites()) require_free_names(action, api);
  return JsonValue::object({{"made-namespace", JsonValue::boolean(!has_namespace(action.space, api))}});
}

void perform(const ShareTrust& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  make_namespace(action.space, api);
  apply(action, api);
}

// A cluster that no longer answers is about to go as a whole.
void take_back(const ShareTrust& action, const JsonValue& undo, bool, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (!api.answers()) return;
  for (const std::string& name : {cat("configmap/", k_trust_map), cat("secret/", k_site_secret)})
    api.run_or_throw({"delete", name, "--namespace", action.space, "--ignore-not-found", "--timeout=30s"}, k_limit);
  if (undo.truth("made-namespace").value_or(false)) remove_empty_namespace(action.space, api);
}

}  // namespace rootcellar
