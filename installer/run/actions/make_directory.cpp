#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {
namespace {

// Missing directories from the topmost down to `path`.
std::vector<std::string> missing_levels(const std::string& path, HostSystem& host) {
  std::vector<std::string> missing;
  for (std::string level = path; level != "/" && !host.exists(level); level = path_parent(level)) missing.insert(missing.begin(), level);
  return missing;
}

void remove_if_empty(const std::string& path, HostSystem& host) {
  const auto found = host.status(path);
  if (found && found->type == FileStatus::Type::directory && host.list(path).empty()) host.remove(path);
}

}  // namespace

ProbeResult probe(const MakeDirectory& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  // A link to a directory is how people move data to a larger disk.
  const bool is_there = found && (found->type == FileStatus::Type::directory || found->type == FileStatus::Type::symlink);
  return is_there ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const MakeDirectory& action, ActionScope& scope) {
  JsonValue undo = JsonValue::object();
  undo.set("made", JsonValue::string_array(missing_levels(action.path, scope.host())));
  return undo;
}

void perform(const MakeDirectory& action, ActionScope& scope) {
  const std::string parent = path_parent(action.path);
  scope.host().make_directories(parent);
  scope.host().make_directory(action.path, action.mode, action.owner);
  scope.host().sync_filesystem(action.path);
}

void take_back(const MakeDirectory& action, const JsonValue& undo, bool purge_data, ActionScope& scope) {
  HostSystem& host = scope.host();
  const JsonValue* made = undo.find("made");
  if (made == nullptr) return;
  if (action.keep && purge_data) host.remove_tree(action.path);
  for (auto level = made->items().rbegin(); level != made->items().rend(); ++level) remove_if_empty(level->as_string(), host);
  host.sync_filesystem(action.path);
  if (!host.exists(action.path)) return;
  if (action.keep) scope.context.kept.push_back(action.path);
  if (!action.keep) scope.context.progress.warn(cat("'", action.path, "' is not empty and is left as it is"));
}

}  // namespace rootcellar
