#include "installer/run/actions/actions.h"
#include "installer/run/spool.h"

namespace rootcellar {

ProbeResult probe(const SpoolPackages& action, ActionScope& scope) {
  return spool_complete(scope.bundle(), action.directory, action.groups, scope.host()) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const SpoolPackages&, ActionScope&) { return JsonValue::object(); }

void perform(const SpoolPackages& action, ActionScope& scope) {
  fill_spool(scope.bundle(), action.directory, action.groups, scope.host(), scope.context.jobs, scope.context.progress);
}

void take_back(const SpoolPackages& action, const JsonValue&, bool, ActionScope& scope) {
  scope.host().remove_tree(action.directory);
  scope.host().sync_filesystem(action.directory);
}

}  // namespace rootcellar
