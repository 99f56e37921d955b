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

/// Empty: docker has none of this name.
std::string image_id(const std::string& name, ActionScope& scope) {
  const ToolResult result = run_logged(docker({"image", "inspect", "--format", "{{.Id}}", name}, 60), scope);
  return result.exit_code == 0 ? std::string(trim(result.output)) : std::string();
}

bool is_there(const std::string& name, ActionScope& scope) { return !image_id(name, scope).empty(); }

/// An image that somebody's container uses stays, and says so.
void remove_image(const std::string& name, ActionScope& scope) {
  if (!is_there(name, scope)) return;
  const ToolResult result = run_logged(docker({"image", "rm", name}, 300), scope);
  if (result.exit_code != 0) scope.context.progress.warn(cat("image '", name, "' is left in docker: ", describe_failure(result, 300)));
}

/// The name was on another image, which docker has kept without one; unless somebody pruned it, it gets the name again.
void give_name_back(const std::string& name, const std::string& before, ActionScope& scope) {
  if (image_id(name, scope) == before || !is_there(before, scope)) return;
  remove_image(name, scope);
  run_or_throw(docker({"image", "tag", before, name}, 60), scope);
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
  const std::string before = image_id(action.name, scope);
  undo.set("there", JsonValue::boolean(!before.empty()));
  undo.set("id", JsonValue::string(before));
  return undo;
}

void perform(const PullImage& action, ActionScope& scope) {
  run_or_throw(docker({"pull", "--quiet", action.name}, 3600), scope);
  if (has_digest(action, scope)) return;
  throw SystemError(
      cat("cannot pull '", action.name, "': expected digest ", action.digest.named(), ", found ", trim(repo_digests(action.name, scope))));
}

void take_back(const PullImage& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (undo.truth("there").value_or(false))
    give_name_back(action.name, undo.text("id").value_or(""), scope);
  else
    remove_image(action.name, scope);
}

}  // namespace rootcellar
