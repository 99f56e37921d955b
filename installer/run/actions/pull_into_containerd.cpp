#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/json_at.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_question = 60;  // seconds
constexpr std::uint64_t k_pull_limit = 3600;
constexpr std::string_view k_socket = "unix:///run/containerd/containerd.sock";
// kubelet asks CRI which images are pinned; containerd answers by this label from 1.6.27 and 1.7.12 on, and keeps it before.
constexpr std::string_view k_pin_label = "io.cri-containerd.pinned";

ToolCall crictl(std::vector<std::string> arguments, std::uint64_t time_limit) {
  arguments.insert(arguments.begin(), {std::string(tools::k_crictl), "--runtime-endpoint", std::string(k_socket), "--image-endpoint",
                                       std::string(k_socket), "--timeout", "30s"});
  return {.argv = std::move(arguments), .time_limit = time_limit, .ends_with_us = true};
}

ToolCall ctr(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {std::string(tools::k_ctr), "--namespace", "k8s.io"});
  return {.argv = std::move(arguments), .time_limit = k_question};
}

std::optional<JsonValue> inspect(const std::string& name, const ActionScope& scope) {
  const ToolResult result = scope.host().run(crictl({"inspecti", "--output", "json", name}, k_question));
  if (result.exit_code != 0 || result.timed_out) return std::nullopt;
  return parse_json(result.output, "crictl's answer", {.depth = 128});
}

bool has_digest(const PullIntoContainerd& action, const JsonValue& image) {
  if (action.digest == Digest{}) return true;
  for (const JsonValue& found : items_at(image, {"status", "repoDigests"})) {
    if (found.is_string() && found.as_string().ends_with(cat("@", action.digest.named()))) return true;
  }
  return false;
}

std::string digests_text(const JsonValue& image) {
  std::vector<std::string> digests;
  for (const JsonValue& found : items_at(image, {"status", "repoDigests"})) digests.push_back(found.as_string());
  return digests.empty() ? "none" : join(digests, ", ");
}

bool is_pinned(const std::string& name, const ActionScope& scope) {
  const ToolResult result = scope.host().run(ctr({"images", "list", cat("name==", name)}));
  return result.output.find(cat(k_pin_label, "=pinned")) != std::string::npos;
}

/// What is not compared is pulled again: the registry may have another one.
bool is_here(const PullIntoContainerd& action, ActionScope& scope) {
  const auto image = action.digest == Digest{} ? std::nullopt : inspect(action.name, scope);
  return image && has_digest(action, *image);
}

void pull(const PullIntoContainerd& action, ActionScope& scope) {
  run_or_throw(crictl({"pull", action.name}, k_pull_limit), scope);
  const JsonValue image = inspect(action.name, scope).value_or(JsonValue());
  if (has_digest(action, image)) return;
  throw SystemError(cat("cannot pull '", action.name, "': expected digest ", action.digest.named(), ", found ", digests_text(image)));
}

}  // namespace

std::string image_fault(const PullIntoContainerd& action, const ActionScope& scope) {
  const auto image = inspect(action.name, scope);
  if (!image) return "is not in containerd; 'rootcellar-install resume' pulls it again";
  if (!has_digest(action, *image)) return cat("expected digest ", action.digest.named(), ", found ", digests_text(*image));
  return is_pinned(action.name, scope) || !action.pin ? std::string() : "lost its pin; 'rootcellar-install resume' pins it again";
}

ProbeResult probe(const PullIntoContainerd& action, ActionScope& scope) {
  const auto image = inspect(action.name, scope);
  const bool same = image && has_digest(action, *image) && (!action.pin || is_pinned(action.name, scope));
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const PullIntoContainerd& action, ActionScope& scope) {
  const bool there = inspect(action.name, scope).has_value();
  return JsonValue::object({{"there", JsonValue::boolean(there)}, {"pinned", JsonValue::boolean(there && is_pinned(action.name, scope))}});
}

void perform(const PullIntoContainerd& action, ActionScope& scope) {
  if (!is_here(action, scope)) pull(action, scope);
  if (action.pin) run_or_throw(ctr({"images", "label", action.name, cat(k_pin_label, "=pinned")}), scope);
}

// An image of other origin stays; then only our pin goes.
void take_back(const PullIntoContainerd& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (!inspect(action.name, scope)) return;
  if (!undo.truth("there").value_or(false)) {
    run_or_throw(crictl({"rmi", action.name}, k_question), scope);
  } else if (action.pin && !undo.truth("pinned").value_or(false) && is_pinned(action.name, scope)) {
    run_or_throw(ctr({"images", "label", action.name, cat(k_pin_label, "=")}), scope);
  }
}

}  // namespace rootcellar
