#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/json_merge.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{4} << 20;

// An empty file is what people leave when they mean "no settings".
JsonValue parse_people_file(const std::string& text, const std::string& path) {
  if (trim(text).empty()) return JsonValue::object();
  try {
    JsonValue document = parse_json(text, path);
    if (document.is_object()) return document;
  } catch (const InputError& error) {
    std::vector<Fault> faults = error.faults();
    if (faults.empty()) throw;
    faults.front().hint = cat("mend '", path, "' or move it away, then run the same command again");
    throw InputError(std::move(faults));
  }
  throw InputError(cat("'", path, "': expected an object, found another kind of value"),
                   "mend the file or move it away, then run the same command again");
}

JsonValue read_document(const MergeJson& action, ActionScope& scope) {
  return parse_people_file(scope.host().read_file(action.path, k_file_limit).value_or(""), action.path);
}

// Mode and owner of a file that is there are its people's decision.
void write_document(const MergeJson& action, const JsonValue& document, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  const std::string before = scope.host().read_file(action.path, k_file_limit).value_or("");
  const Owner owner = found ? Owner{std::to_string(found->uid), std::to_string(found->gid)} : Owner{};
  const std::string text = document.dump(indentation_of(before)) + '\n';
  put_in_place(action.path, found ? found->mode : action.mode, owner, scope.context, [&](Sink& file) { file.write(as_bytes(text)); });
}

// When nobody else changed anything, the former file comes back byte for byte.
bool equals_previous(const JsonValue& document, const JsonValue& undo, ActionScope& scope, const std::string& path) {
  const auto digest = Digest::from_named(undo.text("digest").value_or(""));
  if (!digest) return document.members().empty();
  const auto text = scope.host().read_file(path_join(attic_path(scope.context.paths), digest->hex()), k_file_limit);
  return text && parse_people_file(*text, path) == document;
}

// Without the members that an earlier bundle merged and this one does not ask for: whatever can be reverted and is not missed.
JsonValue without_superseded(const MergeJson& action, JsonValue document, ActionScope& scope) {
  const std::size_t missing = plan_merge(document, action.set, action.append, action.path).size();
  for (const OpenStep& earlier : scope.context.earlier) {
    const JsonValue* changes = earlier.undo_data.find("changes");
    if (changes == nullptr) continue;
    for (const JsonChange& change : decode_changes(*changes)) {
      for (const JsonChange& part : parts_of(change)) {
        JsonValue reverted = document;
        revert_merge(reverted, {part});
        if (plan_merge(reverted, action.set, action.append, action.path).size() == missing) document = std::move(reverted);
      }
    }
  }
  return document;
}

}  // namespace

ProbeResult probe(const MergeJson& action, ActionScope& scope) {
  const JsonValue document = read_document(action, scope);
  const bool same = scope.host().exists(action.path) && plan_merge(document, action.set, action.append, action.path).empty() &&
                    without_superseded(action, document, scope) == document;
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const MergeJson& action, ActionScope& scope) {
  const JsonValue document = read_document(action, scope);
  JsonValue undo = keep_previous(action.path, std::nullopt, scope.context);
  undo.set("changes", encode_changes(plan_merge(document, action.set, action.append, action.path)));
  return undo;
}

void perform(const MergeJson& action, ActionScope& scope) {
  JsonValue document = without_superseded(action, read_document(action, scope), scope);
  apply_merge(document, plan_merge(document, action.set, action.append, action.path));
  write_document(action, document, scope);
}

void take_back(const MergeJson& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (!scope.host().exists(action.path)) return;
  JsonValue document = read_document(action, scope);
  const JsonValue before = document;
  const JsonValue* changes = undo.find("changes");
  if (changes != nullptr) revert_merge(document, decode_changes(*changes));
  if (equals_previous(document, undo, scope, action.path)) return put_back_previous(action.path, undo, scope.context);
  if (document != before) write_document(action, document, scope);
}

}  // namespace rootcellar
