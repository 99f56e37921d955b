#include "installer/commands/install_unit.h"

#include <algorithm>
#include <cerrno>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"
#include "installer/commands/event_log.h"
#include "installer/commands/kept_state.h"
#include "installer/commands/open_bundle.h"
#include "installer/host/tools.h"
#include "installer/run/restored_cluster.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_poll_milliseconds = 200;
constexpr unsigned k_polls_per_look = 10;  // asking systemd starts a program: every two seconds is enough
constexpr unsigned k_jobs = 4;             // more frames in flight cost memory and no stick is faster
constexpr std::string_view k_resume = "run 'rootcellar-install resume' to go on, or 'rootcellar-install uninstall' to take it back";
constexpr std::string_view k_bring = "attach the medium that holds it and run 'rootcellar-install resume --from FOLDER'";

std::vector<std::string> unit_command(const Surroundings& surroundings, const std::vector<std::string>& places) {
  const std::string output = path_join(surroundings.paths.logs, "unit.log");
  std::vector<std::string> argv{std::string(tools::k_systemd_run),
                                cat("--unit=", k_install_unit),
                                "--description=Installation of an appliance by rootcellar",
                                "--collect",
                                "--quiet",
                                "--no-ask-password",
                                "--property=Type=exec",
                                "--property=KillMode=mixed",
                                "--property=TimeoutStopSec=120",
                                cat("--property=StandardOutput=append:", output),
                                cat("--property=StandardError=append:", output),
                                surroundings.paths.program,
                                "resume",
                                "--in-unit"};
  for (const std::string& place : places) argv.insert(argv.end(), {"--from", place});
  return argv;
}

void start_unit(Surroundings& surroundings, const std::vector<std::string>& places) {
  KeptState kept(surroundings);
  kept.make_directories();  // the logs' may be lost with the power, and the unit writes there
  // What an earlier run wrote must not be taken for this one's end.
  surroundings.host.remove(kept.events_path());
  const ToolResult result = surroundings.host.run(ToolCall{.argv = unit_command(surroundings, places), .time_limit = 60});
  if (result.exit_code == 0) return;
  throw SystemError(cat("cannot start '", k_install_unit, "': ", trim(result.error_output)), std::string(k_resume));
}

[[noreturn]] void throw_result(const EventFollower& follower) {
  const RunResult& result = *follower.result();
  const bool stopped = result.code == ExitCode::interrupted;
  Error error(stopped ? ExitCode::system : result.code, stopped ? cat("'", k_install_unit, "' was told to stop") : result.message,
              follower.missing_volume() ? std::string(k_bring) : result.hint);
  for (const std::string& note : result.notes) error.add_note(note);
  error.set_machine_state(result.machine_state.empty() ? std::string(k_resume) : result.machine_state);
  throw error;
}

void say_that_it_goes_on(cli::Console& console) {
  console.say(cat("The installation goes on in '", k_install_unit,
                  "'; run 'rootcellar-install install' again to watch it, or 'systemctl stop ", k_install_unit, "' to stop it."));
}

/// Killed, or lost with the power: what the journal says is all there is.
[[noreturn]] void throw_ended_without_a_word(const Surroundings& surroundings) {
  SystemError error(cat("'", k_install_unit, "' ended without a word"), cat("see '", surroundings.paths.logs, "/unit.log'"));
  error.set_machine_state(std::string(k_resume));
  throw error;
}

/// The last word comes before the unit has gone, and the next command would take it for an installation that runs. On a busy disk that may
/// be some seconds; longer than a minute nobody waits for it.
void wait_until_left(Surroundings& surroundings) {
  constexpr std::uint64_t k_longest = 60'000;
  for (std::uint64_t waited = 0; waited < k_longest && install_unit_active(surroundings); waited += k_poll_milliseconds)
    surroundings.host.sleep(k_poll_milliseconds);
}

void wait_for_end(Surroundings& surroundings, EventFollower& follower) {
  for (unsigned polls = 0;; ++polls) {
    poll_interrupt();
    const bool active = polls % k_polls_per_look != k_polls_per_look - 1 || install_unit_active(surroundings);
    follower.poll();
    if (follower.result()) return wait_until_left(surroundings);
    if (!active) throw_ended_without_a_word(surroundings);
    surroundings.host.sleep(k_poll_milliseconds);
  }
}

/// Ctrl-C may be heard anywhere in the waiting; what is waited for goes on.
void watch(Surroundings& surroundings, cli::Console& console, EventFollower& follower) {
  try {
    wait_for_end(surroundings, follower);
  } catch (const Interrupted&) {
    say_that_it_goes_on(console);
    throw;
  }
}

/// What was found wrong with a place, told only when something is missing: the medium may have another folder by now.
using Problems = std::vector<std::string>;

std::optional<BundleCandidate> find_kept_volumes(const Bundle& kept, const std::vector<std::string>& places, Problems& problems) {
  const auto on_problem = [&](const std::string& path, const std::string& reason) {
    problems.push_back(cat("'", path, "' is passed over: ", reason));
  };
  for (BundleCandidate& candidate : find_bundles_where_possible(places, on_problem)) {
    if (candidate.claimed_id == kept.verified().id()) return std::move(candidate);
  }
  return std::nullopt;
}

Bundle open_kept_with_volumes(const KeptState& kept, const std::vector<std::string>& places, Problems& problems) {
  const std::optional<Bundle> without = kept.open();
  if (!without) throw InputError("cannot resume: no installation was begun on this machine");
  return *kept.open(find_kept_volumes(*without, places, problems));
}

void run_journaled_plan(Surroundings& surroundings, const std::vector<std::string>& places, EventLog& log) {
  const KeptState kept(surroundings);
  Problems problems;
  Bundle bundle = open_kept_with_volumes(kept, places, problems);
  bundle.set_asker([&](std::uint32_t volume, const std::string& label) {
    for (const std::string& problem : problems) log.warn(problem);
    log.missing_volume(volume, label);
    return std::vector<std::string>();
  });
  Journal journal(surroundings.host, kept.journal_path());
  const std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  if (!plan) throw InputError("cannot resume: no installation was begun on this machine");
  RunContext context{.host = surroundings.host,
                     .bundle = &bundle,
                     .progress = log,
                     .paths = surroundings.paths,
                     .jobs = surroundings.jobs != 0 ? surroundings.jobs : std::min(available_cpus(), k_jobs)};
  run_plan(plan->steps, journal, context);
  forget_restore(surroundings.host, surroundings.paths);
}

}  // namespace

bool install_unit_active(Surroundings& surroundings) {
  try {
    const ToolResult result = surroundings.host.run(
        ToolCall{.argv = {std::string(tools::k_systemctl), "is-active", std::string(k_install_unit)}, .time_limit = 60});
    const std::string_view state = trim(result.output);
    return state == "active" || state == "activating" || state == "deactivating";
  } catch (const SystemError& error) {
    // Another system, or an older one: that it does not fit is the message, not that a tool of ours is missing.
    if (error.errno_value() != ENOENT) throw;
    return false;
  }
}

void follow_install_unit(Surroundings& surroundings, cli::Console& console, std::vector<std::string> places) {
  while (true) {
    EventFollower follower(surroundings.host, KeptState(surroundings).events_path(), console.progress());
    watch(surroundings, console, follower);
    if (follower.result()->code == ExitCode::ok) return;
    if (!follower.missing_volume() || !console.interactive()) throw_result(follower);
    const std::vector<std::string> more = ask_for_volumes(console)(follower.missing_volume()->volume, follower.missing_volume()->label);
    if (more.empty()) throw_result(follower);
    places.insert(places.end(), more.begin(), more.end());
    start_unit(surroundings, places);
  }
}

void start_install_unit(Surroundings& surroundings, const std::vector<std::string>& places) { start_unit(surroundings, places); }

void run_install_unit(Surroundings& surroundings, cli::Console& console, std::vector<std::string> places) {
  start_unit(surroundings, places);
  follow_install_unit(surroundings, console, std::move(places));
}

void run_in_unit(Surroundings& surroundings, const std::vector<std::string>& places) {
  EventLog log(surroundings.host, KeptState(surroundings).events_path());
  try {
    run_journaled_plan(surroundings, places, log);
  } catch (const Error& error) {
    log.failed(error);
    throw;
  } catch (const Interrupted& stop) {
    log.failed(ExitCode::interrupted, stop.what());
    throw;
  } catch (const std::exception& bug) {
    log.failed(ExitCode::bug, bug.what());
    throw;
  }
  log.succeeded();
}

}  // namespace rootcellar
