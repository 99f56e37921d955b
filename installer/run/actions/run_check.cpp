#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/checks.h"

namespace rootcellar {

ProbeResult probe(const RunCheck&, ActionScope&) { return ProbeResult::needed; }

JsonValue prepare(const RunCheck&, ActionScope&) { return JsonValue::object(); }

void perform(const RunCheck& action, ActionScope& scope) {
  const auto fault = check_fault(action.check, scope.host(), scope.log());
  if (fault)
    throw Error(ExitCode::failed_check, cat("cannot pass check '", action.check.name, "': ", *fault),
                cat("tools' output is in ", scope.log()));
}

void take_back(const RunCheck&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
