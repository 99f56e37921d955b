#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

bool already_so(const RunTool& action, ActionScope& scope) {
  if (!action.probe) return false;
  const ToolResult result = run_logged(*action.probe, scope);
  return result.exit_code == 0 && result.output.find(action.probe_says) != std::string::npos;
}

/// For taking back, whatever it says.
bool is_there(const RunTool& action, ActionScope& scope) { return !action.probe || run_logged(*action.probe, scope).exit_code == 0; }

}  // namespace

ProbeResult probe(const RunTool& action, ActionScope& scope) {
  return already_so(action, scope) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const RunTool&, ActionScope&) { return JsonValue::object(); }

void perform(const RunTool& action, ActionScope& scope) { run_or_throw(action.call, scope); }

// With a probe, an undo that was stopped after its effect is not run against nothing.
void take_back(const RunTool& action, const JsonValue&, bool, ActionScope& scope) {
  if (!action.undo || !is_there(action, scope)) return;
  run_or_throw(*action.undo, scope);
}

}  // namespace rootcellar
