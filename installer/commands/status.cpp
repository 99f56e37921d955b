#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
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
  std::string text;  ///< "as it should be", or what is wrong
};

bool is_passing(const Step& step) {
  return std::holds_alternative<SpoolPackages>(step.action) || std::holds_alternative<RemoveSpool>(step.action);
}

bool is_proof(const Step& step) { return std::holds_alternative<RunCheck>(step.action) || std::holds_alternative<WaitHttp>(step.action); }

StepState look_at(const Step& step, RunContext& context) {
  StepState state{step.id, step.title, true, "as it should be"};
  try {
    if (is_proof(step)) {
      do_step(step, context);
      state.text = "passed";
    } else if (probe_step(step, context) == ProbeResult::needed) {
      const std::string fault = cluster_step_fault(step, context);
      state.good = false;
      state.text = fault.empty() ? "changed since the install" : fault;
    }
  } catch (const Error& error) {
    // A step that cannot be looked at is a finding, and the others are looked at too.
    state.good = false;
    state.text = error.message();
  }
  return state;
}

std::vector<StepState> look_at_all(Surroundings& surroundings, Bundle& bundle, const JournaledPlan& plan, cli::Console& console) {
  RunContext context{.host = surroundings.host, .bundle = &bundle, .progress = silent_progress(), .paths = surroundings.paths};
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

void show(const Bundle& bundle, const std::string& progress, const std::vector<StepState>& states,
          const std::optional<ClusterView>& cluster, cli::Console& console) {
  if (console.json()) {
    JsonValue fields = JsonValue::object({{"bundle", JsonValue::string(bundle_name(bundle.header()))},
                                          {"serial", JsonValue::number(bundle.header().serial)},
                                          {"signers", JsonValue::string_array(bundle.verified().signers())},
                                          {"state", JsonValue::string(progress)},
                                          {"steps", states_json(states)}});
    if (cluster) fields.set("cluster", cluster_json(*cluster));
    console.event("status", fields);
    return;
  }
  if (states.empty()) return console.print(cat(bundle_line(bundle), ": ", progress, "\n"));
  std::vector<std::vector<std::string>> rows{{"step", "state", "what it is"}};
  for (const StepState& state : states) rows.push_back({state.id, state.text, state.title});
  console.print(cat(bundle_line(bundle), ": ", progress, "\n\n", cli::table(rows), cluster ? render_cluster(*cluster) : ""));
}

ExitCode show_what_anybody_sees(Surroundings& surroundings, const Bundle& bundle, cli::Console& console) {
  const std::string unseen = install_unit_active(surroundings) ? "being installed now; its steps were not looked at: only root can"
                                                               : "its steps were not looked at: only root can";
  show(bundle, unseen, {}, std::nullopt, console);
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
  const std::vector<StepState> states = look_at_all(surroundings, *bundle, *plan, console);
  const std::optional<ClusterView> cluster = look_at_cluster(surroundings, *bundle, *plan);
  show(*bundle, progress_text(surroundings, *plan), states, cluster, console);
  bool good = plan->finished && (!cluster || cluster->good());
  for (const StepState& state : states) good = good && state.good;
  return good ? ExitCode::ok : ExitCode::failed_check;
}

}  // namespace

cli::Command status_command(Surroundings& surroundings) {
  cli::Command command;
  command.name = "status";
  command.summary = "show whether everything is as install left it";
  command.description =
      "Looks at every step again and runs the appliance's checks again. Needs no stick. On a control-plane node it lists the cluster's "
      "machines, too: which have joined, which have not yet, and what each lacks. Exit code 1: something is not as it should be, or "
      "could not be seen without root.";
  command.examples = {"sudo rootcellar-install status", "sudo rootcellar-install status --json"};
  command.run = [&surroundings](cli::Console& console) { return status(console, surroundings); };
  return command;
}

}  // namespace rootcellar
