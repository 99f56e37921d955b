// A tool of a step run with the step's log, and its failure told in one line.
#pragma once

#include <span>
#include <string>

#include "bundle/base/last_line.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {

/// Runs `call` with the step's log when it names none.
ToolResult run_logged(ToolCall call, const ActionScope& scope);
/// As run_logged(); an exit status other than 0, or the time limit, is a SystemError with the tool's last line and the log's path in the
/// hint.
ToolResult run_or_throw(ToolCall call, const ActionScope& scope);

/// "exit status 100: E: Unable to locate package x": for messages about `result`.
std::string describe_failure(const ToolResult& result, std::uint64_t time_limit);
/// The same with every one of `secrets` hidden.
std::string redact_failure(const ToolResult& result, std::uint64_t time_limit, std::span<const std::string> secrets);

}  // namespace rootcellar
