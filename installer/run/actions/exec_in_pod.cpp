#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_probe_limit = 60;  // seconds: a program in the pod may take long to start

// What "done once" is about: another command is another thing to do.
Digest wanted(const ExecInPod& action) {
  std::string all = cat(action.target, "\n", action.container, "\n", join(action.argv, "\n"), "\n", action.input, "\n");
  for (const TemplateValue& value : action.values) all += cat(value.name, "=", value.value, "\n");
  return sha256(as_bytes(all));
}

DeployedRecord record_of(const ExecInPod& action, const ActionScope& scope) { return {scope, "exec", action.space, action.name}; }

std::vector<std::string> exec(const ExecInPod& action, const std::vector<std::string>& argv, bool with_input) {
  std::vector<std::string> arguments = {"exec"};
  if (with_input) arguments.push_back("--stdin");
  for (const std::string& word : in_namespace(action.space)) arguments.push_back(word);
  if (!action.container.empty()) arguments.insert(arguments.end(), {"--container", action.container});
  arguments.insert(arguments.end(), {action.target, "--"});
  arguments.insert(arguments.end(), argv.begin(), argv.end());
  return arguments;
}

bool says_so(const ExecInPod& action, const ClusterApi& api) {
  return api.run(exec(action, action.probe, false), k_probe_limit).exit_code == 0;
}

}  // namespace

ProbeResult probe(const ExecInPod& action, ActionScope& scope) {
  if (action.probe.empty()) return record_of(action, scope).is_done(wanted(action)) ? ProbeResult::already : ProbeResult::needed;
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  api.require();
  return says_so(action, api) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const ExecInPod&, ActionScope&) { return JsonValue::object(); }

// After a stop it is asked again, where it can be; a command without a probe that was stopped at its very end runs twice.
void perform(const ExecInPod& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (!action.probe.empty() && says_so(action, api)) return;
  const FilledText input = fill_in(action.input, action.values, cat("input of '", action.name, "'"), scope);
  const ToolResult result = api.run(exec(action, action.argv, !input.text.empty()), action.time_limit, input.text, input.secrets);
  if (result.exit_code != 0 || result.timed_out) {
    throw SystemError(cat("cannot run '", action.name, "' in ", action.target, namespace_text(action.space), ": ",
                          redact_failure(result, action.time_limit, input.secrets)),
                      cat("its whole output is in ", scope.log()));
  }
  if (action.probe.empty()) record_of(action, scope).finish(wanted(action), "");
}

void take_back(const ExecInPod& action, const JsonValue&, bool, ActionScope& scope) {
  if (action.probe.empty()) record_of(action, scope).remove();
}

}  // namespace rootcellar
