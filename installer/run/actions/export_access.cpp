#include <algorithm>

#include "bundle/base/error.h"
#include "installer/run/access_file.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_namespace.h"
#include "installer/run/cluster_status.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/deployed_record.h"
#include "installer/run/json_at.h"
#include "installer/run/own_file.h"
#include "installer/run/server_names.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_label = "rootcellar/export";
constexpr std::uint64_t k_patience = 120;  // seconds, for the controllers that make accounts and tokens
constexpr std::size_t k_file_limit = std::size_t{1} << 20;
constexpr unsigned k_mode = 0600;

JsonValue text(std::string_view value) { return JsonValue::string(std::string(value)); }

DeployedRecord record_of(const ExportAccess& action, const ActionScope& scope) { return {scope, "export", action.space, action.name}; }

Digest wanted(const ExportAccess& action) {
  return sha256(as_bytes(cat(action.space, "\n", action.account, "\n", join(action.cluster_roles, ","), "\n", join(action.roles, ","), "\n",
                             action.host, ":", action.port, "\n", action.path, "\n", action.format)));
}

std::vector<std::string> there(std::vector<std::string> arguments, const ExportAccess& action) {
  for (const std::string& word : in_namespace(action.space)) arguments.push_back(word);
  return arguments;
}

/// The account is in the name: a token is for one account for ever.
std::string token_name(const ExportAccess& action) { return cat("rootcellar.", action.name, ".", action.account); }

JsonValue metadata(const ExportAccess& action, const std::string& name) {
  return JsonValue::object({{"name", text(name)},
                            {"namespace", text(action.space)},
                            {"labels", JsonValue::object({{std::string(k_label), text(action.name)}})}});
}

/// Of a type that the cluster fills in itself, in every version; from 1.24 on the account has none of its own.
JsonValue token_object(const ExportAccess& action) {
  JsonValue about = metadata(action, token_name(action));
  about.set("annotations", JsonValue::object({{"kubernetes.io/service-account.name", text(action.account)}}));
  return JsonValue::object({{"apiVersion", text("v1")},
                            {"kind", text("Secret")},
                            {"metadata", std::move(about)},
                            {"type", text("kubernetes.io/service-account-token")}});
}

/// What a binding gives can never change, so that it says so in its name.
JsonValue binding_object(const ExportAccess& action, const std::string& kind, const std::string& role) {
  const JsonValue subject =
      JsonValue::object({{"kind", text("ServiceAccount")}, {"name", text(action.account)}, {"namespace", text(action.space)}});
  return JsonValue::object(
      {{"apiVersion", text("rbac.authorization.k8s.io/v1")},
       {"kind", text("RoleBinding")},
       {"metadata", metadata(action, cat("rootcellar.", action.name, ".", lower_ascii(kind), ".", role))},
       {"roleRef", JsonValue::object({{"apiGroup", text("rbac.authorization.k8s.io")}, {"kind", text(kind)}, {"name", text(role)}})},
       {"subjects", JsonValue::array({subject})}});
}

std::vector<JsonValue> objects_of(const ExportAccess& action) {
  std::vector<JsonValue> objects{token_object(action)};
  for (const std::string& role : action.cluster_roles) objects.push_back(binding_object(action, "ClusterRole", role));
  for (const std::string& role : action.roles) objects.push_back(binding_object(action, "Role", role));
  return objects;
}

std::string place_of(const JsonValue& object) {
  return cat(lower_ascii(text_at(object, {"kind"})), "/", text_at(object, {"metadata", "name"}));
}

bool has_account(const ExportAccess& action, const ClusterApi& api) {
  return api.get_json(there({cat("serviceaccount/", action.account), "--ignore-not-found"}, action)).has_value();
}

/// A namespace gets its account "default" a moment after it is made, and a token for an account that is not there is thrown away.
void make_account(const ExportAccess& action, const ClusterApi& api) {
  if (action.account != "default" && !has_account(action, api))
    api.run_or_throw(there({"create", "serviceaccount", action.account}, action), 60);
  watch_until_ready({cat("serviceaccount/", action.account), action.space, k_patience}, api,
                    [&]() -> WorkloadState { return {.ready = has_account(action, api), .text = "it is not there"}; });
}

/// What an earlier form of this export gave, and this one does not.
void remove_stale(const ExportAccess& action, const std::vector<JsonValue>& objects, const ClusterApi& api) {
  const JsonValue found =
      api.get_json(there({"secrets,rolebindings", "--selector", cat(k_label, "=", action.name)}, action)).value_or(JsonValue());
  for (const JsonValue& object : items_at(found, {"items"})) {
    const bool stays =
        std::any_of(objects.begin(), objects.end(), [&](const JsonValue& ours) { return place_of(ours) == place_of(object); });
    if (!stays) api.run_or_throw(there({"delete", place_of(object), "--ignore-not-found", "--timeout=60s"}, action), 90);
  }
}

void apply_objects(const ExportAccess& action, const std::vector<JsonValue>& objects, const ClusterApi& api) {
  const JsonValue list = JsonValue::object({{"apiVersion", text("v1")}, {"kind", text("List")}, {"items", JsonValue::array(objects)}});
  api.run_or_throw(there({"apply", "--filename", "-"}, action), 120, list.dump());
}

std::string decoded(const JsonValue& secret, std::string_view key) {
  const auto bytes = base64_decode(text_at(secret, {"data", key}));
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

/// Of the site's own cluster only its kubeconfig says where it is.
ServerPlace server_of(const ExportAccess& action, const ClusterApi& api) {
  if (!api.is_sites()) return {action.host, action.port};
  const std::string url = api.run_or_throw({"config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}"}, 30).output;
  const auto server = parse_server_url(url);
  if (!server) throw HostError(cat("expected https://HOST:PORT of the site's cluster in its kubeconfig, found '", printable(url), "'"));
  return {action.host.empty() ? server->host : action.host, server->port};
}

/// The file as it should be; nothing when the cluster has not made the token.
std::optional<std::string> present_file(const ExportAccess& action, const ClusterApi& api) {
  const auto secret = api.get_json(there({cat("secret/", token_name(action)), "--ignore-not-found"}, action));
  if (!secret) return std::nullopt;
  const ServerPlace server = server_of(action, api);
  const Access access{action.node, action.space, server.host, server.port, decoded(*secret, "token"), decoded(*secret, "ca.crt")};
  return access.token.empty() || access.authority.empty() ? std::nullopt : std::optional(access_file(access, action.format));
}

std::string wait_for_file(const ExportAccess& action, const ClusterApi& api) {
  std::optional<std::string> file;
  watch_until_ready({cat("secret/", token_name(action)), action.space, k_patience}, api, [&]() -> WorkloadState {
    file = present_file(action, api);
    return {.ready = file.has_value(), .text = "the cluster has not put a token into it"};
  });
  return *std::move(file);
}

void delete_object(const ExportAccess& action, const std::string& place, const ClusterApi& api) {
  api.run_or_throw(there({"delete", place, "--ignore-not-found", "--timeout=60s"}, action), 90);
}

void delete_objects(const ExportAccess& action, const JsonValue& undo, const ClusterApi& api) {
  for (const JsonValue& object : objects_of(action)) delete_object(action, place_of(object), api);
  if (undo.truth("made-account").value_or(false)) delete_object(action, cat("serviceaccount/", action.account), api);
  if (undo.truth("made-namespace").value_or(false)) remove_empty_namespace(action.space, api);
}

}  // namespace

std::string export_fault(const ExportAccess& action, const ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  const auto status = scope.host().status(action.path);
  if (!status) return cat("'", action.path, "' is not there");
  if (status->mode != k_mode) return cat("'", action.path, "' can be read by others than root");
  const auto wanted_text = present_file(action, api);
  if (!wanted_text) return cat("the cluster does not have the token '", token_name(action), "' any more");
  if (scope.host().read_file(action.path, k_file_limit) != *wanted_text)
    return cat("'", action.path, "' is older than the token or the authority it names; 'rootcellar-install renew' writes it anew");
  if (!api.is_sites() && server_lacks_name(action.host, scope.host())) return cat("the API server's certificate is not for '", action.host, "'");
  return {};
}

ProbeResult probe(const ExportAccess& action, ActionScope& scope) {
  if (!record_of(action, scope).is_done(wanted(action))) return ProbeResult::needed;
  return export_fault(action, scope).empty() ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const ExportAccess& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  JsonValue undo = keep_previous(action.path, std::nullopt, scope.context);
  const bool has_space = has_namespace(action.space, api);
  undo.set("made-namespace", JsonValue::boolean(!has_space));
  undo.set("made-account", JsonValue::boolean(action.account != "default" && !(has_space && has_account(action, api))));
  return undo;
}

void perform(const ExportAccess& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  const std::vector<JsonValue> objects = objects_of(action);
  make_namespace(action.space, api);
  make_account(action, api);
  remove_stale(action, objects, api);
  apply_objects(action, objects, api);
  const std::string file = wait_for_file(action, api);
  put_in_place(action.path, k_mode, {}, scope.context, [&](Sink& sink) { sink.write(as_bytes(file)); });
  record_of(action, scope).finish(wanted(action), "");
}

void take_back(const ExportAccess& action, const JsonValue& undo, bool, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (api.answers()) delete_objects(action, undo, api);
  put_back_previous(action.path, undo, scope.context);
  record_of(action, scope).remove();
}

}  // namespace rootcellar
