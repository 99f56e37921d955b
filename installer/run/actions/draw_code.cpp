#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"
#include "installer/run/runtime_values.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_time = 30;
constexpr std::size_t k_limit = std::size_t{1} << 20;

std::string drawing(const DrawCode& action, ActionScope& scope) {
  const FilledText text = fill_in(action.text, {}, cat("'", action.path, "'"), scope);
  const ToolCall call{
      .argv = {"/usr/bin/qrencode", "--type=SVG", "--output=-"}, .input = text.text, .time_limit = k_time, .output_limit = k_limit};
  return run_or_throw(call, scope).output;
}

}  // namespace

// What it says may not be there yet.
ProbeResult probe(const DrawCode& action, ActionScope& scope) {
  const auto there = scope.host().read_file(action.path, k_limit);
  if (!there) return ProbeResult::needed;
  try {
    return *there == drawing(action, scope) ? ProbeResult::already : ProbeResult::needed;
  } catch (const Error&) {
    return ProbeResult::needed;
  }
}

JsonValue prepare(const DrawCode& action, ActionScope& scope) { return keep_previous(action.path, std::nullopt, scope.context); }

void perform(const DrawCode& action, ActionScope& scope) {
  const std::string text = drawing(action, scope);
  put_in_place(action.path, 0644, {}, scope.context, [&](Sink& file) { file.write(as_bytes(text)); });
}

void take_back(const DrawCode& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.path, undo, scope.context);
}

}  // namespace rootcellar
