#include <algorithm>

#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/line_edits.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{4} << 20;

std::string read_text(const EditLines& action, ActionScope& scope) {
  return scope.host().read_file(action.path, k_file_limit).value_or("");
}

std::vector<std::string> texts_in(const JsonValue& undo, std::string_view member) {
  std::vector<std::string> texts;
  if (const JsonValue* list = undo.find(member)) {
    for (const JsonValue& text : list->items()) texts.push_back(text.as_string());
  }
  return texts;
}

LineChanges changes_in(const JsonValue& undo) { return {texts_in(undo, "added"), texts_in(undo, "commented")}; }

// Without the lines that an earlier bundle added and this one does not ask for: a machine has one address in /etc/hosts.
std::string without_superseded(const EditLines& action, std::string text, ActionScope& scope) {
  for (const OpenStep& earlier : scope.context.earlier) {
    LineChanges gone{texts_in(earlier.undo_data, "added"), {}};
    std::erase_if(gone.added,
                  [&](const std::string& line) { return std::find(action.add.begin(), action.add.end(), line) != action.add.end(); });
    if (!gone.empty()) text = revert_line_edits(text, gone);
  }
  return text;
}

// Mode and owner of a file that is there are its people's decision.
void write_text(const EditLines& action, const std::string& text, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  const Owner owner = found ? Owner{std::to_string(found->uid), std::to_string(found->gid)} : Owner{};
  put_in_place(action.path, found ? found->mode : 0644, owner, scope.context, [&](Sink& file) { file.write(as_bytes(text)); });
}

// We end the last line where people did not: nobody else changed anything, so theirs comes back byte for byte.
std::string as_it_was(std::string text, const JsonValue& undo) {
  const auto before = Digest::from_named(undo.text("digest").value_or(""));
  const std::string open_end = text.substr(0, text.empty() ? 0 : text.size() - 1);
  return before && sha256(as_bytes(open_end)) == *before ? open_end : text;
}

}  // namespace

ProbeResult probe(const EditLines& action, ActionScope& scope) {
  const std::string text = read_text(action, scope);
  const bool same = plan_line_edits(text, action.add, action.comment_out).empty() && without_superseded(action, text, scope) == text;
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const EditLines& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  if (found && found->type != FileStatus::Type::file) {
    throw HostError(cat("cannot edit '", action.path, "': expected a file, found a link, a directory or a device"),
                    "put a file in its place, then run the same command again");
  }
  const std::string text = read_text(action, scope);
  const LineChanges changes = plan_line_edits(text, action.add, action.comment_out);
  return JsonValue::object({{"there", JsonValue::boolean(found.has_value())},
                            {"digest", JsonValue::string(sha256(as_bytes(text)).named())},
                            {"added", JsonValue::string_array(changes.added)},
                            {"commented", JsonValue::string_array(changes.commented)}});
}

void perform(const EditLines& action, ActionScope& scope) {
  const std::string before = read_text(action, scope);
  const std::string text = without_superseded(action, before, scope);
  const std::string after = apply_line_edits(text, plan_line_edits(text, action.add, action.comment_out));
  if (after != before) write_text(action, after, scope);
}

void take_back(const EditLines& action, const JsonValue& undo, bool, ActionScope& scope) {
  HostSystem& host = scope.host();
  remove_leftovers(action.path, host);
  if (!host.exists(action.path)) return;
  const std::string text = read_text(action, scope);
  const std::string before = as_it_was(revert_line_edits(text, changes_in(undo)), undo);
  const bool made = !undo.truth("there").value_or(true);
  if (made && before.empty()) {
    host.remove(action.path);
    host.sync_filesystem(path_parent(action.path));
  } else if (before != text && before != text + '\n') {
    write_text(action, before, scope);
  }
}

}  // namespace rootcellar
