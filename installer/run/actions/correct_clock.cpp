#include <algorithm>

#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

/// systemd and systemd-timesyncd set a clock that is behind this file's time to it, at every start.
constexpr const char* k_systemd_memory = "/var/lib/systemd/timesync/clock";
constexpr const char* k_battery_clock = "/dev/rtc0";
constexpr std::int64_t k_patience = 86400;  // seconds from the plan to the step: whoever is asked may take their time

std::int64_t signed_time(std::uint64_t time) { return static_cast<std::int64_t>(time); }

/// One that was ahead and might have been right is still as it was as long as no day has gone by since the plan: later, a right one is there.
bool is_wrong(const CorrectClock& action, std::int64_t now) {
  const std::int64_t seen = signed_time(action.seen);
  const bool still_ahead = action.seen > action.to && now >= seen && now - seen <= k_patience;
  return now < signed_time(action.earliest) || now > signed_time(action.latest) || still_ahead;
}

/// What has gone by since the plan was made is known only while the wrong clock has run on. A clock that has fallen back since then, the
/// battery being empty, must not stand before what this installation has written already.
std::int64_t right_time(const CorrectClock& action, ActionScope& scope) {
  const std::int64_t now = scope.host().now(), passed = now - signed_time(action.seen);
  const std::int64_t time = signed_time(action.to) + (passed >= 0 && passed <= k_patience ? passed : 0);
  const auto journal = scope.host().status(cat(scope.context.paths.state, "/journal"));
  const bool fell_back = now < signed_time(action.earliest) && journal && journal->mtime <= signed_time(action.latest);
  return fell_back ? std::max(time, journal->mtime) : time;
}

void forget_later_time(std::int64_t now, ActionScope& scope) {
  const auto memory = scope.host().status(k_systemd_memory);
  if (!memory || memory->mtime <= now) return;
  run_or_throw({.argv = {std::string(tools::k_touch), "--no-create", k_systemd_memory}, .time_limit = 60}, scope);
}

/// hwclock(8): the third line of adjtime says which time the battery's clock has. The file itself is left as it is, or away.
std::string battery_time(ActionScope& scope) {
  const std::string adjusted = scope.host().read_file("/etc/adjtime", 4096).value_or("");
  return adjusted.find("\nLOCAL") == adjusted.npos ? "--utc" : "--localtime";
}

/// Not every machine has one, and an installation does not end for it.
void set_battery_clock(ActionScope& scope) {
  if (!scope.host().exists(k_battery_clock) || !scope.host().exists(std::string(tools::k_hwclock))) return;
  const ToolResult result = run_logged({.argv = {std::string(tools::k_hwclock), "--systohc", "--noadjfile", battery_time(scope)}, .time_limit = 60}, scope);
  if (result.exit_code == 0) return;
  scope.context.progress.warn(
      cat("cannot set the clock that runs on the battery: ", describe_failure(result, 60), "; the next boot may begin with a wrong time"));
}

}  // namespace

ProbeResult probe(const CorrectClock& action, ActionScope& scope) {
  return is_wrong(action, scope.host().now()) ? ProbeResult::needed : ProbeResult::already;
}

JsonValue prepare(const CorrectClock&, ActionScope& scope) {
  return JsonValue::object({{"was", JsonValue::string(format_time(scope.host().now()))}});
}

void perform(const CorrectClock& action, ActionScope& scope) {
  if (is_wrong(action, scope.host().now())) scope.host().set_clock(right_time(action, scope));
  forget_later_time(scope.host().now(), scope);
  set_battery_clock(scope);
}

void take_back(const CorrectClock&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
