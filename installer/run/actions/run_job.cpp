#include <algorithm>

#include "bundle/base/error.h"
#include "installer/host/redaction.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_namespace.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/deployed_record.h"
#include "installer/run/job_object.h"
#include "installer/run/json_at.h"
#include "installer/run/runtime_values.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_probe_limit = 60;  // seconds: a program in the pod may take long to start
constexpr std::size_t k_shown_lines = 10, k_logged_lines = 1000;

DeployedRecord record_of(const RunJob& action, const ActionScope& scope) { return {scope, "job", action.space, action.name}; }

std::vector<std::string> there(std::vector<std::string> arguments, const RunJob& action) {
  for (const std::string& word : in_namespace(action.space)) arguments.push_back(word);
  return arguments;
}

bool says_so(const RunJob& action, const ClusterApi& api) {
  std::vector<std::string> arguments = there({"exec"}, action);
  if (!action.container.empty()) arguments.insert(arguments.end(), {"--container", action.container});
  arguments.insert(arguments.end(), {action.target, "--"});
  arguments.insert(arguments.end(), action.probe.begin(), action.probe.end());
  return api.run(std::move(arguments), k_probe_limit).exit_code == 0;
}

/// The value of one key of a Secret; that it is there is said now, and not by a pod that waits for it.
std::string secret_value(const RunJob& action, const JobVariable& variable, const ClusterApi& api) {
  const auto object = api.get_json(there({cat("secret/", variable.secret), "--ignore-not-found"}, action));
  const auto bytes = object ? base64_decode(text_at(*object, {"data", variable.key})) : std::nullopt;
  if (!bytes || find_at(*object, {"data", variable.key}) == nullptr)
    throw SystemError(cat("cannot run job '", action.name, "': expected the Secret '", variable.secret, "' with the key '", variable.key,
                          "'", namespace_text(action.space), ", found none"),
                      "what makes it has to come before the job");
  return std::string(as_text(*bytes));
}

/// What the program may print and nobody should read in a log.
std::vector<std::string> secrets_of(const RunJob& action, const ClusterApi& api) {
  std::vector<std::string> secrets;
  for (const JobVariable& variable : action.environment) {
    if (!variable.secret.empty()) secrets.push_back(secret_value(action, variable, api));
  }
  return secrets;
}

std::vector<std::string> plain_values(const RunJob& action, const ActionScope& scope) {
  std::vector<std::string> values;
  for (const JobVariable& variable : action.environment)
    values.push_back(fill_in(variable.value, action.values, cat("environment of job '", action.name, "'"), scope).text);
  return values;
}

std::optional<JsonValue> find_job(const RunJob& action, const ClusterApi& api) {
  return api.get_json(there({cat("job/", action.name), "--ignore-not-found"}, action));
}

void tell_last_lines(const RunJob& action, const ClusterApi& api) {
  const ToolResult result =
      api.run(there({"logs", cat("job/", action.name), cat("--tail=", k_shown_lines), "--request-timeout=10s"}, action), 20);
  if (result.exit_code != 0) return;
  for (const std::string_view line : split(result.output, '\n')) {
    if (!trim(line).empty()) api.scope().context.progress.warn(cat("job '", action.name, "' wrote: ", printable(line, 400)));
  }
}

void delete_job(const RunJob& action, const ClusterApi& api) {
  api.run_or_throw(there({"delete", "job", action.name, "--ignore-not-found", "--timeout=120s"}, action), 150);
}

/// Whether a job is there that can be waited for; one that cannot is taken away, and its end told.
bool has_job_to_wait_for(const RunJob& action, const ClusterApi& api) {
  const auto found = find_job(action, api);
  if (!found) return false;
  const auto identity = identity_in(*found);
  if (!identity)
    throw HostError(
        cat("cannot run job '", action.name, "'", namespace_text(action.space), ": a job of this name is there that was not made here"),
        "delete it if nobody needs it, or give the deployment another name");
  const WorkloadState state = workload_state(*found);
  const bool same = *identity == job_identity(action).named();
  const bool refuted = state.ready && !action.probe.empty();  // it ended well once, and what it did is not there any more
  if (same && !state.failed && !refuted) return true;
  if (same && state.failed) {
    api.scope().context.progress.warn(cat("job '", action.name, "' of an earlier try ", state.text, "; it is run again"));
    tell_last_lines(action, api);
  }
  delete_job(action, api);
  return false;
}

void wait_for_job(const RunJob& action, const ClusterApi& api) {
  const auto look = [&]() -> WorkloadState {
    const auto object = find_job(action, api);
    return object ? workload_state(*object) : WorkloadState{.failed = true, .text = "somebody has deleted it"};
  };
  try {
    watch_until_ready({cat("job/", action.name), action.space, action.time_limit}, api, look);
  } catch (const SystemError&) {
    tell_last_lines(action, api);
    throw;
  }
  api.run(there({"logs", cat("job/", action.name), cat("--tail=", k_logged_lines), "--request-timeout=10s"}, action), 20);  // into the log
}

}  // namespace

ProbeResult probe(const RunJob& action, ActionScope& scope) {
  if (action.probe.empty()) return record_of(action, scope).is_done(job_identity(action)) ? ProbeResult::already : ProbeResult::needed;
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  api.require();
  return says_so(action, api) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const RunJob& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  return JsonValue::object({{"made-namespace", JsonValue::boolean(!has_namespace(action.space, api))}});
}

// A job that succeeded stays as the proof of it: a stop between its end and our own record does not run it twice.
void perform(const RunJob& action, ActionScope& scope) {
  ClusterApi api(scope, action.kubeconfig);
  if (!action.probe.empty() && says_so(action, api)) return;
  make_namespace(action.space, api);
  api.hide(secrets_of(action, api));
  const std::vector<std::string> values = plain_values(action, scope);
  if (!has_job_to_wait_for(action, api))
    api.run_or_throw(there({"create", "--filename", "-"}, action), 60, job_object(action, values).dump());
  wait_for_job(action, api);
  record_of(action, scope).finish(job_identity(action), "");
}

void take_back(const RunJob& action, const JsonValue& undo, bool, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (api.answers()) {
    const auto found = find_job(action, api);
    if (found && identity_in(*found)) delete_job(action, api);
    if (undo.truth("made-namespace").value_or(false)) remove_empty_namespace(action.space, api);
  }
  record_of(action, scope).remove();
}

}  // namespace rootcellar
