#include "bundle/base/secret.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

FilledText text_of(const WriteFilled& action, const ActionScope& scope) {
  return fill_in(action.text, action.values, cat("'", action.path, "'"), scope);
}

}  // namespace

// What it is made of may not be there yet.
ProbeResult probe(const WriteFilled& action, ActionScope& scope) {
  const auto found = scope.host().status(action.path);
  if (!found || found->type != FileStatus::Type::file || found->mode != action.mode) return ProbeResult::needed;
  try {
    const FilledText wanted = text_of(action, scope);
    return scope.host().digest(action.path) == sha256(as_bytes(wanted.text)) ? ProbeResult::already : ProbeResult::needed;
  } catch (const InputError&) {
    return ProbeResult::needed;
  }
}

// The digest of what is written is not kept: a short secret could be guessed from it.
JsonValue prepare(const WriteFilled& action, ActionScope& scope) { return keep_previous(action.path, std::nullopt, scope.context); }

void perform(const WriteFilled& action, ActionScope& scope) {
  const FilledText text = text_of(action, scope);
  put_in_place(action.path, action.mode, action.owner, scope.context, [&](Sink& file) { file.write(as_bytes(text.text)); });
}

void take_back(const WriteFilled& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
}

}  // namespace rootcellar
