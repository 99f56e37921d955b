#include "installer/run/checks.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_api.h"
#include "installer/run/site_get.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_pause = 250;  // milliseconds between two tries
constexpr std::size_t k_file_limit = std::size_t{16} << 20;
using Finding = std::optional<std::string>;

Finding text_fault(std::string_view text, const std::string& expect, std::string_view where) {
  if (expect.empty() || text.find(expect) != text.npos) return std::nullopt;
  return cat("expected '", printable(expect, 100), "' in ", where, ", found '", printable(trim(text), 100), "'");
}

Finding tool_fault(const ToolCall& call, const std::string& expect, HostSystem& host) {
  const ToolResult result = host.run(call);
  if (result.timed_out || result.exit_code != 0) return cat("expected exit status 0, found ", describe_failure(result, call.time_limit));
  return text_fault(result.output, expect, "the output");
}

Finding check_run(const Check& check, HostSystem& host, const std::string& log) {
  return tool_fault({.argv = check.argv, .environment = cluster_tool_environment(), .time_limit = check.time_limit, .log = log, .of_appliance = true}, check.expect, host);
}

Finding http_fault(const Check& check, HostSystem& host) {
  const HttpReply reply = site_get(host, check.target, 5);
  if (reply.status == 0) return cat("expected an answer from ", check.target, ", found none: ", reply.body);
  if (reply.status != 200) return cat("expected status 200 from ", check.target, ", found ", reply.status);
  return text_fault(reply.body, check.expect, cat("the answer of ", check.target));
}

Finding check_http(const Check& check, HostSystem& host) {
  const std::int64_t end = host.ticks() + static_cast<std::int64_t>(check.time_limit);
  while (true) {
    Finding fault = http_fault(check, host);
    if (!fault || host.ticks() >= end) return fault;
    host.sleep(k_pause);
  }
}

ToolCall docker(std::vector<std::string> arguments, const Check& check, const std::string& log) {
  arguments.insert(arguments.begin(), std::string(tools::k_docker));
  return {.argv = std::move(arguments), .time_limit = check.time_limit, .log = log};
}

Finding check_pull(const Check& check, HostSystem& host, const std::string& log) {
  return tool_fault(docker({"pull", check.target}, check, log), check.expect, host);
}

Finding check_file(const Check& check, HostSystem& host) {
  const auto text = host.read_file(check.target, k_file_limit);
  if (!text) return cat("expected the file '", check.target, "', found none");
  return text_fault(*text, check.expect, cat("'", check.target, "'"));
}

// The client is stopped at the time limit; its container would stay. A name of ours makes it findable.
Finding check_container(const Check& check, HostSystem& host, const std::string& log) {
  const std::string name = cat("rootcellar-check-", sha256(as_bytes(check.name)).hex().substr(0, 12));
  std::vector<std::string> run = {"run", "--rm", "--name", name, check.target};
  run.insert(run.end(), check.argv.begin(), check.argv.end());
  host.run(docker({"rm", "--force", name}, check, log));
  Finding fault = tool_fault(docker(std::move(run), check, log), check.expect, host);
  if (fault) host.run(docker({"rm", "--force", name}, check, log));
  return fault;
}

}  // namespace

Finding check_fault(const Check& check, HostSystem& host, const std::string& log) {
  if (check.kind == "run") return check_run(check, host, log);
  if (check.kind == "http") return check_http(check, host);
  if (check.kind == "pull") return check_pull(check, host, log);
  if (check.kind == "file") return check_file(check, host);
  if (check.kind == "container") return check_container(check, host, log);
  throw InputError(
      cat("check '", check.name, "': expected a kind of check (run, http, pull, file, container), found '", printable(check.kind), "'"));
}

}  // namespace rootcellar
