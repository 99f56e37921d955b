#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_seconds = 120;

ToolCall exportfs(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(tools::k_exportfs));
  return {.argv = std::move(arguments), .time_limit = k_seconds};
}

/// The table's lines are "PATH NETWORK(OPTIONS)"; exportfs -s prints "PATH  NETWORK(MORE)" for each that is in force.
bool all_in_force(std::string_view table, std::string_view said) {
  for (const std::string_view line : split(table, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t space = line.find(' '), bracket = line.find('(');
    const std::string wanted = cat(line.substr(0, space), " ", line.substr(space, bracket - space), "(");
    if (said.find(wanted) == std::string_view::npos) return false;
  }
  return true;
}

/// Without the kernel's server the table lies there until it is started.
bool has_exportfs(ActionScope& scope) { return scope.host().exists(std::string(tools::k_exportfs)); }

}  // namespace

ProbeResult probe(const ExportFolders& action, ActionScope& scope) {
  if (scope.host().digest(action.table) != sha256(as_bytes(action.content)) || !has_exportfs(scope)) return ProbeResult::needed;
  const ToolResult said = run_logged(exportfs({"-s"}), scope);
  return said.exit_code == 0 && all_in_force(action.content, said.output) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const ExportFolders& action, ActionScope& scope) {
  return keep_previous(action.table, sha256(as_bytes(action.content)), scope.context);
}

void perform(const ExportFolders& action, ActionScope& scope) {
  put_in_place(action.table, 0644, {}, scope.context, [&](Sink& file) { file.write(as_bytes(action.content)); });
  run_or_throw(exportfs({"-ra"}), scope);
}

void take_back(const ExportFolders& action, const JsonValue& undo, bool, ActionScope& scope) {
  put_back_previous(action.table, undo, scope.context);
  if (has_exportfs(scope)) run_logged(exportfs({"-ra"}), scope);
}

}  // namespace rootcellar
