#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

// systemd keeps a unit whose file is gone until it is told.
void tell_systemd(const std::string& path, ActionScope& scope) {
  if (!path.starts_with("/etc/systemd/system/")) return;
  scope.host().run({.argv = {std::string(tools::k_systemctl), "daemon-reload"}, .time_limit = 60, .log = scope.log()});
}

}  // namespace

ProbeResult probe(const WriteFile& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  const bool same = found && found->type == FileStatus::Type::file && found->mode == action.mode && found->size == action.content.size() &&
                    scope.host().digest(action.path) == sha256(as_bytes(action.content));
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const WriteFile& action, ActionScope& scope) {
  return keep_previous(action.path, sha256(as_bytes(action.content)), scope.context);
}

void perform(const WriteFile& action, ActionScope& scope) {
  put_in_place(action.path, action.mode, action.owner, scope.context, [&](Sink& file) { file.write(as_bytes(action.content)); });
}

void take_back(const WriteFile& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
  tell_systemd(action.path, scope);
}

}  // namespace rootcellar
