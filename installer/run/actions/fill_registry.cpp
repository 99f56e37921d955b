#include "installer/run/actions/actions.h"
#include "installer/run/registry_removal.h"
#include "installer/run/registry_storage.h"

namespace rootcellar {

// Looking costs as much as going on: what is there with its size is not written again.
ProbeResult probe(const FillRegistry&, ActionScope&) { return ProbeResult::needed; }

JsonValue prepare(const FillRegistry& action, ActionScope& scope) {
  return registry_undo_data(registry_images(scope.bundle().index(), action.images), action.root, scope.host());
}

void perform(const FillRegistry& action, ActionScope& scope) {
  fill_registry(scope.bundle(), action.images, action.root, action.owner, scope.host(), scope.context.jobs, scope.context.progress);
}

void take_back(const FillRegistry& action, const JsonValue& undo, bool, ActionScope& scope) {
  remove_filled(undo, action.root, scope.host());
}

}  // namespace rootcellar
