#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_time = 120;
constexpr std::size_t k_limit = std::size_t{4} << 20;

ToolCall call_of(const GenerateCdi& action, ActionScope& scope) {
  ToolCall call{.argv = {action.program, "cdi", "generate", "--format=yaml"}, .time_limit = k_time, .output_limit = k_limit};
  const std::string hook = path_join(path_parent(action.program), "nvidia-cdi-hook");
  if (scope.host().exists(hook)) call.argv.push_back(cat("--nvidia-cdi-hook-path=", hook));
  return call;
}

}  // namespace

// It is of this card, driver and kernel: `status` tells when one of them is another since.
ProbeResult probe(const GenerateCdi& action, ActionScope& scope) {
  const auto there = scope.host().read_file(action.path, k_limit);
  if (!there) return ProbeResult::needed;
  const ToolResult now = run_logged(call_of(action, scope), scope);
  return now.exit_code == 0 && now.output == *there ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const GenerateCdi& action, ActionScope& scope) {
  const auto before = scope.host().read_file(action.path, k_limit);
  JsonValue undo = JsonValue::object();
  if (before) undo.set("before", JsonValue::string(*before));
  return undo;
}

void perform(const GenerateCdi& action, ActionScope& scope) {
  const std::string text = run_or_throw(call_of(action, scope), scope).output;
  if (text.find("cdiVersion:") == std::string::npos)
    throw HostError(cat("cannot describe the cards: ", action.program, " ended well and its description has no 'cdiVersion'"),
                    cat("its whole output is in ", scope.log()));
  put_in_place(action.path, 0644, {}, scope.context, [&](Sink& file) { file.write(as_bytes(text)); });
}

void take_back(const GenerateCdi& action, const JsonValue& undo, bool, ActionScope& scope) {
  HostSystem& host = scope.host();
  remove_leftovers(action.path, host);
  if (const auto before = undo.text("before")) {
    put_in_place(action.path, 0644, {}, scope.context, [&](Sink& file) { file.write(as_bytes(*before)); });
  } else {
    host.remove(action.path);
  }
  if (host.exists(path_parent(action.path))) host.sync_filesystem(path_parent(action.path));
}

}  // namespace rootcellar
