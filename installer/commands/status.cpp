#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/cluster_report.h"
#include "installer/care/site_certificate_care.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/kept_state.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/commands/status_nodes.h"
#include "installer/run/cluster_status.h"

namespace rootcellar {
namespace {

struct StepState {
  std::string id;
  std::string title;
  bool good = false;
  std::string text;     ///< "as it should be", or what is wrong
  bool silent = false;  ///< it could not be looked at, because the cluster does not answer
};

bool is_passing(const Step& step) {
  return std::holds_alternative<SpoolPackages>(step.action) || std::holds_alternative<RemoveSpool>(step.action) ||
         std::holds_alternative<ProvePulls>(step.action);
}

bool is_proof(const Step& step) {
  return std::holds_alternative<RunCheck>(step.action) || std::holds_alternative<WaitHttp>(step.action) ||
         std::holds_alternative<TryMount>(step.action);
}

/// Said once for all of them: the cluster's own line tells why.
bool is_silence(const std::string& message, const RunContext& context) {
  return std::any_of(context.silent_apis.begin(), context.silent_apis.end(), [&](const auto& api) { return api.second == message; });
}

StepState look_at(const Step& step, RunContext& context) {
  StepState state{step.id, step.title, true, "as it should be"};
  try {
    if (is_proof(step)) {
      do_step(step, context);
      state.text = "passed";
    } else if (probe_step(step, context) == ProbeResult::needed) {
      const std::string fault = cluster_step_fault(step, context);
      const SiteStepFault site = site_step_fault(step, context);
      state.good = site.warns;
      state.text = !site.text.empty() ? site.text : fault.empty() ? "changed since the install" : fault;
    }
  } catch (const Error& error) {
    // A step that cannot be looked at is a finding, and the others are looked at too.
    state.good = false;
    state.text = error.message();
    state.silent = is_silence(state.text, context);
  }
  return state;
}

std::vector<StepState> look_at_all(const JournaledPlan& plan, RunContext& context, cli::Console& console) {
  std::vector<StepState> states;
  ProgressTask task(console.progress(), "looking at the steps", plan.steps.size(), false);
  for (const Step& step : plan.steps) {
    if (!is_passing(step)) states.push_back(look_at(step, context));
    task.advance(1);
  }
  return states;
}

std::string progress_text(Surroundings& surroundings, const JournaledPlan& plan) {
  if (install_unit_active(surroundings)) return "being installed now";
  return plan.finished ? "installed" : "not installed completely; run 'rootcellar-install resume'";
}

JsonValue states_json(const std::vector<StepState>& states) {
  JsonValue list = JsonValue::array();
  for (const StepState& state : states) {
    list.push(JsonValue::object(
        {{"id", JsonValue::string(state.id)}, {"good", JsonValue::boolean(state.good)}, {"state", JsonValue::string(state.text)}}));
  }
  return list;
}

/// All that status has found.
struct Seen {
  std::string progress;
  std::vector<StepState> states{};
  std::optional<ClusterView> machines{};
  std::optional<ClusterReport> cluster{};
  std::optional<SiteCertificateReport> site{};
};

std::string steps_text(const std::vector<StepState>& states) {
  std::vector<std::vector<std::string>> rows{{"step", "state", "what it is"}};
  std::size_t silent = 0;
  for (const StepState& state : states) {
    silent += state.silent ? 1 : 0;
    if (!state.silent) rows.push_back({state.id, state.text, state.title});
  }
  const std::string unseen = silent == 0 ? "" : cat(silent, " steps in the cluster were not looked at: it does not answer\n");
  return cat("\n", cli::table(rows), unseen);
}

void show_json(const Bundle& bundle, const Seen& seen, cli::Console& console) {
  JsonValue fields = JsonValue::object({{"bundle", JsonValue::string(bundle_name(bundle.header()))},
                                        {"serial", JsonValue::number(bundle.header().serial)},
                                        {"signers", JsonValue::string_array(bundle.verified().signers())},
                                        {"state", JsonValue::string(seen.progress)},
                                        {"steps", states_json(seen.states)}});
  JsonValue cluster = seen.machines ? cluster_json(*seen.machines) : JsonValue::object();
  const JsonValue report = seen.cluster ? report_json(*seen.cluster) : JsonValue::object();
  for (const auto& [name, value] : report.members()) cluster.set(name, value);
  if (!cluster.members().empty()) fields.set("cluster", cluster);
  if (seen.site) fields.set("site_certificate", site_certificate_json(*seen.site));
  console.event("status", fields);
}

/// A cluster that does not answer says so once.
std::string cluster_text(const Seen& seen, std::int64_t now) {
  const bool silent = seen.cluster && !seen.cluster->silent.empty();
  return cat(seen.machines && !silent ? render_cluster(*seen.machines) : "", seen.cluster ? report_text(*seen.cluster, now) : "");
}

void show(const Bundle& bundle, const Seen& seen, std::int64_t now, cli::Console& console) {
  if (console.json()) return show_json(bundle, seen, console);
  console.print(
      cat(bundle_line(bundle), ": ", seen.progress, "\n", seen.states.empty() ? "" : steps_text(seen.states),
                    seen.site ? site_certificate_text(*seen.site, now) : "", cluster_text(seen, now)));
}

ExitCode show_what_anybody_sees(Surroundings& surroundings, const Bundle& bundle, cli::Console& console) {
  const std::string unseen = install_unit_active(surroundings) ? "being installed now; its steps were not looked at: only root can"
                                                               : "its steps were not looked at: only root can";
  show(bundle, {unseen}, surroundings.host.now(), console);
  return ExitCode::failed_check;
}

ExitCode status(cli::Console& console, Surroundings& surroundings) {
  const KeptState kept(surroundings);
  std::optional<Bundle> bundle = kept.open();
  if (bundle && !surroundings.host.is_root()) return show_what_anybody_sees(surroundings, *bundle, console);
  const Journal journal(surroundings.host, kept.journal_path());
  const std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  if (!bundle || !plan) {
    console.say("Nothing is installed here.");
    return ExitCode::failed_check;
  }
  RunContext context{.host = surroundings.host, .bundle = &*bundle, .progress = silent_progress(), .paths = surroundings.paths};
  const Seen seen{progress_text(surroundings, *plan), look_at_all(*plan, context, console), look_at_cluster(surroundings, *bundle, *plan),
                  cluster_report(plan->steps, context), site_certificate_report(plan->steps, context)};
  const std::int64_t now = surroundings.host.now();
  show(*bundle, seen, now, console);
  bool good = plan->finished && (!seen.machines || seen.machines->good()) && (!seen.cluster || is_good(*seen.cluster, now)) &&
              (!seen.site || is_good(*seen.site, now));
  for (const StepState& state : seen.states) good = good && state.good;
  return good ? ExitCode::ok : ExitCode::failed_check;
}

}  // namespace

cli::Command status_command(Surroundings& surroundings) {
  cli::Command command;
  command.name = "status";
  command.summary = "show whether everything is as install left it";
  command.description =
      "Looks at every step again and runs the appliance's checks again. Needs no stick. On a control-plane node it lists the cluster's "
      "machines, too: which have joined, which have not yet, and what each lacks; releases, pods that are not well with the reason, an "
      "address that changed, and until when each certificate is good; the site's authority and certificate on the machine that has them. Exit code 1: something is not as it should be, or "
      "could not be seen without root.";
  command.examples = {"sudo rootcellar-install status", "sudo rootcellar-install status --json"};
  command.run = [&surroundings](cli::Console& console) { return status(console, surroundings); };
  return command;
}

}  // namespace rootcellar
