#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_seconds = 60;
constexpr std::string_view k_place = "/run/rootcellar-nfs";

/// nfs(5): a server that does not answer is an error after some tries, not a wait without end.
std::string mount_options(const TryMount& action) {
  std::string text = "ro,soft,timeo=50,retrans=2,retry=0,nolock";
  for (const std::string& option : action.options) text += cat(",", option);
  return text;
}

void end_mount(ActionScope& scope) {
  HostSystem& host = scope.host();
  if (!host.exists(std::string(k_place))) return;
  run_logged({.argv = {std::string(tools::k_umount), "--force", std::string(k_place)}, .time_limit = k_seconds}, scope);
  host.remove(std::string(k_place));
}

}  // namespace

ProbeResult probe(const TryMount&, ActionScope&) { return ProbeResult::needed; }

JsonValue prepare(const TryMount&, ActionScope&) { return JsonValue::object(); }

void perform(const TryMount& action, ActionScope& scope) {
  end_mount(scope);  // of a run that was stopped
  scope.host().make_directories(std::string(k_place), 0700);
  const std::string source = cat(action.server, ":", action.path);
  const ToolResult result = run_logged({.argv = {std::string(tools::k_mount), "-t", "nfs", "-o", mount_options(action), source,
                                                 std::string(k_place)},
                                        .time_limit = k_seconds},
                                       scope);
  end_mount(scope);
  if (result.exit_code != 0) throw HostError(cat("cannot mount '", source, "': ", describe_failure(result, k_seconds)));
}

void take_back(const TryMount&, const JsonValue&, bool, ActionScope& scope) { end_mount(scope); }

}  // namespace rootcellar
