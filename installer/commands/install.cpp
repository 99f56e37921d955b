#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/commands/clock_option.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/join_ticket.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/commands/questions.h"
#include "installer/commands/records.h"
#include "installer/commands/site_plan.h"
#include "installer/host/tools.h"
#include "installer/plan/lan_page.h"
#include "installer/run/restored_cluster.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_program_limit = std::size_t{64} << 20;

struct InstallOptions {
  BundleOptions bundle;
  JoinOptions join;
  std::optional<std::string> answers;
  ClockOption clock;
  bool yes = false;
};

void require_root(Surroundings& surroundings) {
  if (!surroundings.host.is_root()) throw HostError("cannot install: only root can", "begin the command with 'sudo'");
}

void refuse_what_cannot_be(const SitePlan& site, const Bundle& bundle) {
  require_fitting_host(bundle.header(), bundle.index().appliance, site.facts);
  if (!site.plan.refusals.empty())
    throw HostError(cat("cannot install '", bundle_name(bundle.header()), "': ", join(site.plan.refusals, "; ")));
}

/// What lies ready comes back by the same product only, and never into an older bundle than it was made with.
void refuse_other_than_restored(const std::optional<BackupFacts>& backup, const Bundle& bundle) {
  if (!backup) return;
  const Header& header = bundle.header();
  if (backup->product == header.product && backup->serial <= header.serial) return;
  throw HostError(cat("cannot install '", bundle_name(header), "': a backup of '", backup->product, "', serial ", backup->serial,
                      ", lies ready to be restored"),
                  "install that product with this serial or a later one, or forget the backup with 'rootcellar-install uninstall'");
}

std::string summary(const SitePlan& site, const Bundle& bundle) {
  std::string out = cat(bundle_line(bundle), "\n");
  const std::optional<Upgrade>& upgrade = site.plan.upgrade;
  if (upgrade) out += cat("takes the place of serial ", upgrade->from, ", which is installed here\n");
  for (const Step& step : site.plan.steps) {
    out += cat("  - ", step.title, upgrade && upgrade->same.contains(step.id) ? " (already so)" : "", "\n");
  }
  if (upgrade) {
    for (const std::string& line : upgrade->gone) out += cat("  - ", line, "\n");
    for (const std::string& line : upgrade->left) out += cat("left until uninstall: ", line, "\n");
  }
  for (const OpenedPort& port : site.plan.ports) out += cat("opens ", port.address, " port ", port.port, ": ", port.purpose, "\n");
  for (const SpaceLine& line : site.plan.space) {
    out += cat("needs ", human_size(line.needed), " of ", human_size(line.available), " free on the filesystem of ", line.path, "\n");
  }
  for (const std::string& caution : site.plan.cautions) out += cat("note: ", caution, "\n");
  return out;
}

void ask_to_go_on(const InstallOptions& options, cli::Console& console) {
  if (options.yes) return;
  if (!console.interactive())
    throw UsageError("cannot ask whether to install: this is no terminal", "look at 'rootcellar-install plan', then give --yes");
  if (trim(console.ask("Type 'yes' to install: ", "whether to install")) != "yes") throw UsageError("the answer was not 'yes'");
}

/// What the machine keeps of a ticket: the site's key for good, its secrets until it has joined. Secrets that an installation left which
/// never began go with the next that does not join.
void keep_ticket(const std::optional<OpenedTicket>& ticket, const SitePlan& site, Surroundings& surroundings) {
  if (!site.join) JoinSecrets(surroundings).forget();
  if (!ticket) return;
  KeptState(surroundings).pin_site(ticket->site_key);
  JoinSecrets(surroundings).keep(ticket->ticket);
}

/// The files that the answers name are read once: the medium they lie on may be gone later.
void keep_answered_files(const SitePlan& site, Surroundings& surroundings) {
  HostSystem& host = surroundings.host;
  for (const auto& [key, content] : site.answered_files) {
    const std::string path = answered_file_path(key, surroundings.paths);
    host.make_directories(path_parent(path), 0700);
    host.write_file(path, content, 0600);
  }
  if (!site.answered_files.empty()) host.sync_filesystem(surroundings.paths.secrets());
}

/// The journal's plan comes last: only from then on is this bundle the installed one.
void leave_ourselves(const OpenedBundle& opened, const SitePlan& site, const std::optional<OpenedTicket>& ticket,
                     const std::vector<std::string>& places, Surroundings& surroundings) {
  KeptState kept(surroundings);
  kept.make_directories();
  const std::optional<std::string> program = surroundings.host.read_file(surroundings.self, k_program_limit);
  if (!program) throw SystemError(cat("cannot read '", surroundings.self, "': it is not there"));
  surroundings.host.make_directories(path_parent(surroundings.paths.program));
  surroundings.host.write_file(surroundings.paths.program, *program, 0755);
  kept.pin(opened.policy);
  kept.remember_serial(opened.bundle.header());
  kept.keep_answers(site.answers);
  put_back_secrets(surroundings.host, surroundings.paths);
  keep_answered_files(site, surroundings);
  kept.keep(opened.bundle);
  keep_ticket(ticket, site, surroundings);
  Journal(surroundings.host, kept.journal_path())
      .append(plan_record(opened.bundle, site.plan.steps, places, surroundings.host.now(), site.join));
  kept.forget_other_bundles();
}

enum class Before { nothing, stopped, finished };

Before what_came_before(const Bundle& bundle, const SitePlan& site, Surroundings& surroundings) {
  if (!site.facts.installed || site.facts.installed->id != bundle.verified().id()) return Before::nothing;
  const Journal journal(surroundings.host, KeptState(surroundings).journal_path());
  const std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  if (!plan) return Before::nothing;
  return plan->finished ? Before::finished : Before::stopped;
}

/// A ticket may end before an installation that stopped goes on: another of the same cluster takes its place.
void renew_ticket(const std::optional<OpenedTicket>& ticket, Surroundings& surroundings) {
  if (!ticket) return;
  const Journal journal(surroundings.host, KeptState(surroundings).journal_path());
  const std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  const bool same = plan && plan->join && plan->join->ca_hash == ticket->ticket.ca_hash && plan->join->address == ticket->ticket.address &&
                    plan->join->control_plane == ticket->ticket.control_plane;
  if (!same) {
    throw HostError("cannot join by this ticket: the installation that stopped here was begun otherwise",
                    "go on with it by 'rootcellar-install resume', or take it back with 'rootcellar-install uninstall'");
  }
  JoinSecrets secrets(surroundings);
  if (secrets.are_kept()) secrets.keep(ticket->ticket);
}

/// Who gives a file, or says yes to everything beforehand, is asked nothing.
bool asks(const InstallOptions& options, const cli::Console& console) {
  return console.interactive() && !options.answers && !options.yes;
}

/// Everything up to the first write, under `lock`; true: go on and run the unit.
bool prepare(cli::Console& console, const InstallOptions& options, Surroundings& surroundings, std::optional<FileLock>& lock) {
  lock.emplace(surroundings.lock);
  const KeptState kept(surroundings);
  const std::optional<OpenedTicket> ticket = open_ticket(options.join, options.bundle.trust, kept, console);
  OpenedBundle opened = open_bundle(options.bundle, kept, console, ticket ? &ticket->signers : nullptr);
  if (ticket) require_ticket_for(*ticket, options.join, opened.bundle.header());
  const std::optional<JoinTicket> joins = ticket ? std::optional(ticket->ticket) : std::nullopt;
  SitePlan site = plan_for_site(opened, options.answers, surroundings, joins, options.clock.seconds());
  const Before before = what_came_before(opened.bundle, site, surroundings);
  if (before == Before::finished) {
    console.say(cat("'", bundle_name(opened.bundle.header()), "' is installed here already; 'rootcellar-install status' shows its state"));
    return false;
  }
  if (!console.interactive()) require_all_volumes(opened.bundle);
  if (before == Before::stopped) {
    renew_ticket(ticket, surroundings);
    console.say("An earlier install stopped here; going on with it.");
    return true;
  }
  if (asks(options, console)) {
    require_fitting_host(opened.bundle.header(), opened.bundle.index().appliance, site.facts);
    const auto plan_with = [&](const Answers& answers) { return plan_with_answers(opened, answers, surroundings, joins); };
    site = ask_what_is_open(std::move(site), opened.bundle, plan_with, console);
  }
  refuse_what_cannot_be(site, opened.bundle);
  const std::optional<BackupFacts> backup = pending_restore(surroundings.host, surroundings.paths);
  refuse_other_than_restored(backup, opened.bundle);
  if (!console.json()) console.print(summary(site, opened.bundle));
  if (backup && !console.json())
    console.print(cat("restores: the cluster of '", backup->node, "' as it was ", format_time(backup->time), "\n"));
  ask_to_go_on(options, console);
  leave_ourselves(opened, site, ticket, options.bundle.places(), surroundings);
  return true;
}

bool prepare_or_say_so(cli::Console& console, const InstallOptions& options, Surroundings& surroundings, std::optional<FileLock>& lock) {
  try {
    return prepare(console, options, surroundings, lock);
  } catch (Error& error) {
    error.set_machine_state("nothing was installed");
    throw;
  }
}

/// Until the unit runs, a second install would take the first one's journal for one that had stopped.
bool prepare_and_start(cli::Console& console, const InstallOptions& options, Surroundings& surroundings) {
  std::optional<FileLock> lock;
  if (!prepare_or_say_so(console, options, surroundings, lock)) return false;
  start_install_unit(surroundings, options.bundle.places());
  return true;
}

/// The page told last that it is being installed; the timer would say otherwise within a minute, and people look now.
void refresh_page(Surroundings& surroundings) {
  if (!surroundings.host.exists(std::string(k_health_folder))) return;
  surroundings.host.run({.argv = {std::string(tools::k_systemctl), "start", "rootcellar-health.service"}, .time_limit = 60});
}

ExitCode install(cli::Console& console, const InstallOptions& options, Surroundings& surroundings) {
  require_root(surroundings);
  if (install_unit_active(surroundings)) {
    console.say(cat("An installation is running in '", k_install_unit, "'; this is what it does:"));
    follow_install_unit(surroundings, console, options.bundle.places());
  } else {
    if (!prepare_and_start(console, options, surroundings)) return ExitCode::ok;
    follow_install_unit(surroundings, console, options.bundle.places());
  }
  refresh_page(surroundings);
  console.say("Installed. 'rootcellar-install status' shows its state; the stick can be taken out.");
  if (const std::string records = records_to_ask_for(surroundings); !records.empty()) console.say(records);
  return ExitCode::ok;
}

}  // namespace

cli::Command install_command(Surroundings& surroundings) {
  auto options = std::make_shared<InstallOptions>();
  cli::Command command;
  command.name = "install";
  command.summary = "install the bundle on this machine";
  command.description =
      "Verifies, plans, asks, then installs in a systemd unit: a lost connection stops nothing, and running install again shows it again. "
      "A bundle with a higher serial takes the place of an installed one of the same product and variant. "
      "The first time, the signer's key comes from --trust FILE or from six words typed; then it is pinned. "
      "With --join it becomes a node of the cluster that a ticket is for; the one key to believe is the site's, from the first node.";
  command.examples = {"sudo rootcellar-install install /media/stick",
                      "sudo rootcellar-install install /media/stick --trust /root/site.pub --yes",
                      "sudo rootcellar-install install /media/stick --time 2026-11-25T14:05Z",
                      "sudo rootcellar-install install /media/stick --join /media/stick/join.ticket"};
  command.options = bundle_option_list(options->bundle);
  for (cli::Option& option : join_option_list(options->join)) command.options.push_back(std::move(option));
  command.options.push_back(
      {.names = "--answers", .value = "FILE", .help = "what this site decides; see docs/answers.md", .optional_text = &options->answers});
  command.options.push_back(clock_option(options->clock));
  command.options.push_back({.names = "--yes", .help = "do not ask whether to go on", .flag = &options->yes});
  command.run = [options, &surroundings](cli::Console& console) { return install(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
