#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

const FileEntry& entry_of(const PlaceFile& action, const ActionScope& scope) {
  const FileEntry* entry = scope.bundle().find_file(action.bundle_path);
  if (entry == nullptr) throw InputError(cat("bundle: expected the file '", action.bundle_path, "', found none"));
  return *entry;
}

}  // namespace

ProbeResult probe(const PlaceFile& action, ActionScope& scope) {
  const FileEntry& entry = entry_of(action, scope);
  const auto found = scope.host().status(action.path);
  const bool same = found && found->type == FileStatus::Type::file && found->mode == action.mode && found->size == entry.size &&
                    scope.host().digest(action.path) == entry.digest;
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const PlaceFile& action, ActionScope& scope) {
  return keep_previous(action.path, entry_of(action, scope).digest, scope.context);
}

void perform(const PlaceFile& action, ActionScope& scope) {
  const Digest digest = entry_of(action, scope).digest;
  put_in_place(action.path, action.mode, action.owner, scope.context, [&](Sink& file) { scope.bundle().read_blob(digest, file); });
}

void take_back(const PlaceFile& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
}

}  // namespace rootcellar
