#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_namespace.h"
#include "installer/run/deployed_record.h"
#include "installer/run/json_at.h"
#include "installer/run/runtime_values.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{16} << 20;
constexpr std::int64_t k_patience = 60;  // seconds for kinds to be established and webhooks to answer
constexpr std::uint64_t k_pause = 500;   // milliseconds
constexpr std::uint64_t k_apply_limit = 300;

const FileEntry& entry_of(const std::string& path, const ActionScope& scope) {
  const FileEntry* entry = scope.bundle().find_file(path);
  if (entry == nullptr) throw InputError(cat("bundle: expected the file '", path, "', found none"));
  return *entry;
}

// From the bundle's index and the plan alone, so that `status` needs no stick; and from no secret.
Digest wanted(const ApplyManifest& action, const ActionScope& scope) {
  std::string all = cat(action.name, "\n", action.space, "\n", action.templated ? "templated\n" : "plain\n");
  for (const std::string& file : action.files) all += cat(entry_of(file, scope).digest.named(), "\n");
  for (const TemplateValue& value : action.values) all += cat(value.name, "=", value.value, "\n");
  return sha256(as_bytes(all + action.text));
}

// `templates` are filled in on the machine; `plain` go in as they are: a '$' may mean something else there.
struct Documents {
  std::string plain;
  std::string templates;
};

void add_document(std::string& documents, std::string_view document) {
  if (trim(document).empty()) return;
  documents += cat("---\n", document, document.ends_with('\n') ? "" : "\n");
}

Documents documents_of(const ApplyManifest& action, ActionScope& scope) {
  Documents documents;
  for (const std::string& file : action.files) {
    const std::string text = scope.bundle().read_small_blob(entry_of(file, scope).digest, k_file_limit);
    add_document(action.templated ? documents.templates : documents.plain, text);
  }
  add_document(documents.templates, action.text);
  return documents;
}

// The record keeps both, as they were before any secret was filled in.
constexpr std::string_view k_border = "\n# rootcellar: filled in from here on\n";

std::string as_kept(const Documents& documents) { return cat(documents.plain, k_border, documents.templates); }

Documents as_documents(const std::string& kept) {
  const std::size_t border = kept.rfind(k_border);
  if (border == kept.npos) return {kept, {}};
  return {kept.substr(0, border), kept.substr(border + k_border.size())};
}

FilledText filled(const ApplyManifest& action, const Documents& documents, const ActionScope& scope, Missing missing) {
  FilledText text = fill_in(documents.templates, action.values, cat("manifest '", action.name, "'"), scope, missing);
  text.text.insert(0, documents.plain);
  return text;
}

std::vector<std::string> with_namespace(std::vector<std::string> arguments, const std::string& space) {
  for (const std::string& word : in_namespace(space)) arguments.push_back(word);
  return arguments;
}

ToolResult apply_once(const ApplyManifest& action, const FilledText& documents, const ClusterApi& api) {
  ToolResult result = api.run(
      with_namespace({"apply", "--server-side", "--force-conflicts", "--field-manager=rootcellar", "--filename", "-"}, action.space),
      k_apply_limit, documents.text, documents.secrets);
  // Before 1.16 the server did not merge; such a kubectl does not know the word.
  if (result.exit_code == 0 || result.error_output.find("unknown flag: --server-side") == std::string::npos) return result;
  return api.run(with_namespace({"apply", "--filename", "-"}, action.space), k_apply_limit, documents.text, documents.secrets);
}

[[noreturn]] void cannot_apply(const ApplyManifest& action, const ToolResult& result, const FilledText& documents,
                               const ActionScope& scope) {
  throw SystemError(cat("cannot apply manifest '", action.name, "': ", redact_failure(result, k_apply_limit, documents.secrets)),
                    cat("its whole output is in ", scope.log()));
}

// A kind that this very manifest brings is known to the server a moment later.
void apply(const ApplyManifest& action, const FilledText& documents, const ClusterApi& api) {
  HostSystem& host = api.scope().host();
  const std::int64_t start = host.ticks();
  while (true) {
    poll_interrupt();
    const ToolResult result = apply_once(action, documents, api);
    if (result.exit_code == 0 && !result.timed_out) return;
    const bool patient = is_passing_fault(result.error_output) && host.ticks() - start < k_patience;
    if (!patient) cannot_apply(action, result, documents, api.scope());
    host.sleep(k_pause);
  }
}

/// "Namespace lab", "apps/v1 Deployment lab/web".
std::string object_name(const JsonValue& object) {
  const std::string kind = text_at(object, {"kind"}), space = text_at(object, {"metadata", "namespace"});
  return cat(kind, " ", space, space.empty() ? "" : "/", text_at(object, {"metadata", "name"}));
}

/// Of the site's own cluster: what it had before. A namespace may be there for us; anything else is not ours to change.
JsonValue objects_of_site(const ApplyManifest& action, const ClusterApi& api) {
  JsonValue before = JsonValue::array();
  const ActionScope& scope = api.scope();
  if (DeployedRecord(scope, "manifest", action.space, action.name).kept()) return before;
  ActionScope mine = scope;
  const FilledText documents = filled(action, documents_of(action, mine), scope, Missing::is_an_error);
  for (const JsonValue& object : api.objects_there(documents.text, action.space)) {
    const std::string name = object_name(object);
    if (text_at(object, {"kind"}) != "Namespace")
      throw HostError(cat("cannot apply manifest '", action.name, "': the site's cluster has '", name, "' already, and not from here"),
                      "take it away there, if nobody needs it; nothing of it was changed");
    before.push(JsonValue::string(name));
  }
  return before;
}

/// All that the documents describe, but for what the site had before.
std::string documents_to_delete(const std::string& documents, const ApplyManifest& action, const JsonValue* before, const ClusterApi& api) {
  JsonValue items = JsonValue::array();
  for (const JsonValue& object : api.objects_there(documents, action.space)) {
    const JsonValue name = JsonValue::string(object_name(object));
    const bool was_there = before != nullptr && std::find(before->items().begin(), before->items().end(), name) != before->items().end();
    if (!was_there) items.push(object);
  }
  if (items.items().empty()) return {};
  return JsonValue::object({{"apiVersion", JsonValue::string("v1")}, {"kind", JsonValue::string("List")}, {"items", std::move(items)}}).dump();
}

// Kinds that went with their definitions are as good as deleted; what hangs (a finalizer whose controller is gone) does not keep the rest.
void delete_objects(const ApplyManifest& action, const std::string& kept, const JsonValue* before, const ClusterApi& api) {
  FilledText documents = filled(action, as_documents(kept), api.scope(), Missing::is_empty);
  if (api.is_sites()) documents.text = documents_to_delete(documents.text, action, before, api);
  if (documents.text.empty()) return;
  const ToolResult result =
      api.run(with_namespace({"delete", "--ignore-not-found", "--wait=true", "--timeout=120s", "--filename", "-"}, action.space), 150,
              documents.text, documents.secrets);
  if (result.exit_code == 0 || result.error_output.find("no matches for kind") != std::string::npos) return;
  api.scope().context.progress.warn(
      cat("manifest '", action.name, "' is not deleted completely: ", redact_failure(result, 150, documents.secrets)));
}

bool all_there(const ApplyManifest& action, const FilledText& documents, const ClusterApi& api) {
  return api.get(with_namespace({"--filename", "-", "--output", "name"}, action.space), documents.text).has_value();
}

}  // namespace

ProbeResult probe(const ApplyManifest& action, ActionScope& scope) {
  const DeployedRecord record(scope, "manifest", action.space, action.name);
  if (!record.is_done(wanted(action, scope))) return ProbeResult::needed;
  const FilledText documents = filled(action, as_documents(record.kept().value_or("")), scope, Missing::is_empty);
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  return all_there(action, documents, api) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const ApplyManifest& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  JsonValue undo = JsonValue::object({{"made-namespace", JsonValue::boolean(!has_namespace(action.space, api))}});
  if (api.is_sites()) undo.set("before", objects_of_site(action, api));
  return undo;
}

void perform(const ApplyManifest& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  const DeployedRecord record(scope, "manifest", action.space, action.name);
  const Documents documents = documents_of(action, scope);
  const FilledText text = filled(action, documents, scope, Missing::is_an_error);
  record.begin(as_kept(documents));
  make_namespace(action.space, api);
  apply(action, text, api);
  record.finish(wanted(action, scope), as_kept(documents));
}

// A cluster that no longer answers is about to go as a whole: then there is nothing to delete one by one.
void take_back(const ApplyManifest& action, const JsonValue& undo, bool, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  const DeployedRecord record(scope, "manifest", action.space, action.name);
  const auto kept = record.kept();
  if (kept && api.answers())
    delete_objects(action, *kept, undo.find("before"), api);
  else if (kept)
    scope.context.progress.warn(cat("manifest '", action.name, "' is not deleted: the cluster does not answer"));
  if (undo.truth("made-namespace").value_or(false)) remove_empty_namespace(action.space, api);
  record.remove();
}

}  // namespace rootcellar
