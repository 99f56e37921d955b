#include "installer/run/tool_run.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/redaction.h"

namespace rootcellar {

ToolResult run_logged(ToolCall call, const ActionScope& scope) {
  if (call.log.empty()) call.log = scope.log();
  return scope.host().run(call);
}

ToolResult run_or_throw(ToolCall call, const ActionScope& scope) {
  if (call.log.empty()) call.log = scope.log();
  ToolResult result = scope.host().run(call);
  if (result.exit_code == 0 && !result.timed_out) return result;
  throw SystemError(cat("cannot run '", call.argv.front(), "': ", redact_failure(result, call.time_limit, call.secrets)),
                    cat("its whole output is in ", call.log));
}

std::string describe_failure(const ToolResult& result, std::uint64_t time_limit) {
  if (result.timed_out) return cat("no end within ", time_limit, " s");
  std::string line = last_line(result.error_output);
  if (line.empty()) line = last_line(result.output);
  return line.empty() ? cat("exit status ", result.exit_code) : cat("exit status ", result.exit_code, ": ", line);
}

std::string redact_failure(const ToolResult& result, std::uint64_t time_limit, std::span<const std::string> secrets) {
  return redact(describe_failure(result, time_limit), secrets);
}

}  // namespace rootcellar
