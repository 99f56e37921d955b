#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

FilledText filled(const FillFile& action, const ActionScope& scope) {
  return fill_in(action.text, action.values, cat("file '", action.path, "'"), scope);
}

}  // namespace

// What it is made of may not be there yet, or be another by now: both mean that it is to be written.
ProbeResult probe(const FillFile& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  if (!found || found->type != FileStatus::Type::file || found->mode != action.mode) return ProbeResult::needed;
  try {
    const FilledText wanted = filled(action, scope);
    return scope.host().digest(action.path) == sha256(as_bytes(wanted.text)) ? ProbeResult::already : ProbeResult::needed;
  } catch (const InputError&) {
    return ProbeResult::needed;
  }
}

JsonValue prepare(const FillFile& action, ActionScope& scope) {
  return keep_previous(action.path, sha256(as_bytes(filled(action, scope).text)), scope.context);
}

void perform(const FillFile& action, ActionScope& scope) {
  const FilledText wanted = filled(action, scope);
  put_in_place(action.path, action.mode, action.owner, scope.context, [&](Sink& file) { file.write(as_bytes(wanted.text)); });
}

void take_back(const FillFile& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
}

}  // namespace rootcellar
