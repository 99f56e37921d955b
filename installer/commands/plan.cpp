#include <memory>

#include "bundle/base/text.h"
#include "installer/commands/clock_option.h"
#include "installer/commands/join_ticket.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/commands/site_plan.h"

namespace rootcellar {
namespace {

struct PlanOptions {
  BundleOptions bundle;
  JoinOptions join;
  std::optional<std::string> answers;
  ClockOption clock;
};

ExitCode plan(cli::Console& console, const PlanOptions& options, Surroundings& surroundings) {
  const KeptState kept(surroundings);
  const std::optional<OpenedTicket> ticket = open_ticket(options.join, options.bundle.trust, kept, console);
  OpenedBundle opened = open_bundle(options.bundle, kept, console, ticket ? &ticket->signers : nullptr);
  if (ticket) require_ticket_for(*ticket, options.join, opened.bundle.header());
  const SitePlan site = plan_for_site(opened, options.answers, surroundings, ticket ? std::optional(ticket->ticket) : std::nullopt,
                                      options.clock.seconds());
  if (console.json()) console.event("plan", plan_json(site.plan));
  if (!console.json()) console.print(render_plan(site.plan, opened.bundle.header()));
  return site.plan.refusals.empty() ? ExitCode::ok : ExitCode::host;
}

}  // namespace

cli::Command plan_command(Surroundings& surroundings) {
  auto options = std::make_shared<PlanOptions>();
  cli::Command command;
  command.name = "plan";
  command.summary = "show what install would do here: steps, ports, space";
  command.description =
      "Prints every step with its reason and what it changes, the ports it opens, and the space it needs. Changes nothing and needs no "
      "root; "
      "says what it could not see. Exit code 6: it cannot be installed on this machine.";
  command.examples = {"rootcellar-install plan /media/stick", "rootcellar-install plan /media/stick --answers answers.yaml --json"};
  command.options = bundle_option_list(options->bundle);
  for (cli::Option& option : join_option_list(options->join)) command.options.push_back(std::move(option));
  command.options.push_back(
      {.names = "--answers", .value = "FILE", .help = "what this site decides; see docs/answers.md", .optional_text = &options->answers});
  command.options.push_back(clock_option(options->clock));
  command.run = [options, &surroundings](cli::Console& console) { return plan(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
