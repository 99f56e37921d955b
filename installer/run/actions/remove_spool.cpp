#include "installer/run/actions/actions.h"

namespace rootcellar {

ProbeResult probe(const RemoveSpool& action, ActionScope& scope) {
  return scope.host().exists(action.directory) ? ProbeResult::needed : ProbeResult::already;
}

JsonValue prepare(const RemoveSpool&, ActionScope&) { return JsonValue::object(); }

void perform(const RemoveSpool& action, ActionScope& scope) {
  scope.host().remove_tree(action.directory);
  scope.host().sync_filesystem(action.directory);
}

void take_back(const RemoveSpool&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
