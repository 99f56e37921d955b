#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

ToolCall docker(std::vector<std::string> arguments, std::uint64_t time_limit) {
  arguments.insert(arguments.begin(), std::string(tools::k_docker));
  return {.argv = std::move(arguments), .time_limit = time_limit};
}

bool is_there(const std::string& name, ActionScope& scope) {
  return run_logged(docker({"image", "inspect", "--format", "{{.Id}}", name}, 60), scope).exit_code == 0;
}

std::string repo_digests(const std::string& name, ActionScope& scope) {
  return run_logged(docker({"image", "inspect", "--format", "{{json .RepoDigests}}", name}, 60), scope).output;
}

bool has_digest(const PullImage& action, ActionScope& scope) {
  return action.digest == Digest{} || repo_digests(action.name, scope).find(action.digest.named()) != std::string::npos;
}

}  // namespace

ProbeResult probe(const PullImage& action, ActionScope& scope) {
  return is_there(action.name, scope) && has_digest(action, scope) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const PullImage& action, ActionScope& scope) {
  JsonValue undo = JsonValue::object();
  undo.set("there", JsonValue::boolean(is_there(action.name, scope)));
  return undo;
}

void perform(const PullImage& action, ActionScope& scope) {
  run_or_throw(docker({"pull", "--quiet", action.name}, 3600), scope);
  if (has_digest(action, scope)) return;
  throw SystemError(
      cat("cannot pull '", action.name, "': expected digest ", action.digest.named(), ", found ", trim(repo_digests(action.name, scope))));
}

// An image that somebody's container uses stays, and says so.
void take_back(const PullImage& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (undo.truth("there").value_or(false) || !is_there(action.name, scope)) return;
  const ToolResult result = run_logged(docker({"image", "rm", action.name}, 300), scope);
  if (result.exit_code != 0)
    scope.context.progress.warn(cat("image '", action.name, "' is left in docker: ", describe_failure(result, 300)));
}

}  // namespace rootcellar
