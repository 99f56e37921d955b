#include "installer/care/health.h"

#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/kept_state.h"
#include "installer/commands/program.h"
#include "installer/commands/status_nodes.h"

namespace rootcellar {
namespace {

HealthPart installation_part(Surroundings& surroundings, const JournaledPlan& plan) {
  if (plan.finished) return {"installation", true, "complete"};
  return {"installation", false, install_unit_active(surroundings) ? "being installed now" : "not complete"};
}

std::vector<HealthPart> machine_parts(const ClusterView& view) {
  std::vector<HealthPart> parts;
  for (const NodeLine& line : view.nodes) parts.push_back({cat("machine ", line.node), line.good, line.state});
  for (const std::string& role : view.free_roles) parts.push_back({cat("role ", role), false, "no machine has it"});
  return parts;
}

void append(std::vector<HealthPart>& parts, std::vector<HealthPart> more) {
  std::move(more.begin(), more.end(), std::back_inserter(parts));
}

void look_at_installed(Surroundings& surroundings, const Bundle& bundle, const JournaledPlan& plan, Health& health) {
  health.parts = {installation_part(surroundings, plan), clock_health(bundle.header(), health.time)};
  append(health.parts, service_health(plan.steps, surroundings.host));
  append(health.parts, check_health(plan.steps, surroundings.host));
  RunContext context{.host = surroundings.host, .progress = silent_progress(), .paths = surroundings.paths};
  if (const std::optional<ClusterView> machines = look_at_cluster(surroundings, bundle, plan)) {
    append(health.parts, machine_parts(*machines));
    // One silence is enough: asking again would take as long as the first time.
    if (!machines->fault.empty()) context.silent_apis.insert_or_assign(k_admin_kubeconfig, machines->fault);
  }
  const std::optional<ClusterReport> report = cluster_report(plan.steps, context);
  if (report) append(health.parts, cluster_health(*report));
  const std::string domain = KeptState(surroundings).answers().value_or(Answers()).lan.domain.value_or(bundle.index().appliance.lan.domain);
  health.dates = health_dates(domain, report ? &*report : nullptr, surroundings.host);
}

/// Whatever cannot be looked at is a finding; its words may hold paths that are nobody's business.
Health look(Surroundings& surroundings) {
  Health health;
  health.time = surroundings.host.now();
  try {
    const KeptState kept(surroundings);
    const std::optional<Bundle> bundle = kept.open();
    const Journal journal(surroundings.host, kept.journal_path());
    const std::optional<JournaledPlan> plan = journaled_plan(journal.records());
    if (bundle && plan) look_at_installed(surroundings, *bundle, *plan, health);
    else health.parts.push_back({"installation", false, "nothing is installed here"});
  } catch (const Error&) {
    health.parts.push_back({"installation", false, "not everything could be looked at; 'rootcellar-install status' says why"});
  }
  return health;
}

ExitCode health(cli::Console& console, const std::optional<std::string>& page, Surroundings& surroundings) {
  if (!surroundings.host.is_root()) throw HostError("cannot look at the appliance's parts: only root can", "begin the command with 'sudo'");
  const JsonValue found = health_json(look(surroundings));
  if (page) surroundings.host.write_file(*page, cat(found.dump(), "\n"), 0644);
  else if (console.json()) console.event("health", found);
  else console.print(cat(found.dump(), "\n"));
  return ExitCode::ok;
}

}  // namespace

cli::Command health_command(Surroundings& surroundings) {
  auto page = std::make_shared<std::optional<std::string>>();
  cli::Command command;
  command.name = "health";
  command.summary = "look at the parts as the page for the people of the lab shows them";
  command.description =
      "Prints JSON: services, checks without programs, the cluster's machines, releases and pods, the clock, and until when certificates are "
      "good. It is short enough for everybody to read; 'status' says more. rootcellar-health.timer writes it for the page.";
  command.examples = {"sudo rootcellar-install health", "sudo rootcellar-install health --page /run/rootcellar-health/health.json"};
  command.options = {{.names = "--page", .value = "FILE", .help = "write it there, readable by all", .optional_text = page.get()}};
  command.run = [page, &surroundings](cli::Console& console) { return health(console, *page, surroundings); };
  return command;
}

}  // namespace rootcellar
