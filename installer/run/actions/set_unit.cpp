#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

ToolCall systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(tools::k_systemctl));
  return {.argv = std::move(arguments), .time_limit = 180};
}

struct UnitState {
  bool enabled = false;
  bool active = false;
};

// "static" and "indirect" units have no switch of their own: neither enabled nor worth disabling.
UnitState state_of(const std::string& unit, ActionScope& scope) {
  const ToolResult enabled = run_logged(systemctl({"is-enabled", "--", unit}), scope);
  const ToolResult active = run_logged(systemctl({"is-active", "--", unit}), scope);
  const auto word = trim(enabled.output);
  return {word == "enabled" || word == "enabled-runtime", active.exit_code == 0 || trim(active.output) == "activating"};
}

ToolCall load_state(const std::string& unit) { return systemctl({"show", "--property=LoadState", "--value", "--", unit}); }

bool is_known(const ToolResult& shown) { return shown.exit_code == 0 && trim(shown.output) != "not-found"; }

void bring_to(const std::string& unit, const UnitState& now, const UnitState& wanted, ActionScope& scope) {
  if (now.active && !wanted.active) run_or_throw(systemctl({"stop", "--", unit}), scope);
  if (now.enabled && !wanted.enabled) run_or_throw(systemctl({"disable", "--", unit}), scope);
  if (!now.enabled && wanted.enabled) run_or_throw(systemctl({"enable", "--", unit}), scope);
  if (!now.active && wanted.active) run_or_throw(systemctl({"start", "--", unit}), scope);
}

}  // namespace

ProbeResult probe(const SetUnit& action, ActionScope& scope) {
  const UnitState now = state_of(action.unit, scope);
  const bool same = now.enabled == action.enabled && now.active == action.active && !scope.context.watched_changed;
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const SetUnit& action, ActionScope& scope) {
  const UnitState now = state_of(action.unit, scope);
  JsonValue undo = JsonValue::object();
  undo.set("enabled", JsonValue::boolean(now.enabled));
  undo.set("active", JsonValue::boolean(now.active));
  return undo;
}

void perform(const SetUnit& action, ActionScope& scope) {
  run_or_throw(systemctl({"daemon-reload"}), scope);
  const UnitState now = state_of(action.unit, scope);
  bring_to(action.unit, now, {action.enabled, action.active}, scope);
  if (now.active && action.active && scope.context.watched_changed) run_or_throw(systemctl({"restart", "--", action.unit}), scope);
}

void take_back(const SetUnit& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (!is_known(run_logged(load_state(action.unit), scope))) return;
  const UnitState before{undo.truth("enabled").value_or(false), undo.truth("active").value_or(false)};
  bring_to(action.unit, state_of(action.unit, scope), before, scope);
  if (!before.active)
    run_logged(systemctl({"reset-failed", "--", action.unit}), scope);  // or a unit that once failed is remembered without its file
}

void restart_unit(const std::string& unit, RunContext& context) {
  ToolCall look = load_state(unit), restart = systemctl({"try-restart", "--", unit});
  look.log = restart.log = cat(context.paths.logs, "/restart.log");
  if (!is_known(context.host.run(look))) return;  // it went with a package that an upgrade had found here and renewed
  const ToolResult result = context.host.run(restart);
  if (result.exit_code != 0) context.progress.warn(cat("cannot restart '", unit, "': ", describe_failure(result, 180)));
}

}  // namespace rootcellar
