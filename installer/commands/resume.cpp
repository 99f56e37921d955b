#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/run/image_repair.h"

namespace rootcellar {
namespace {

struct ResumeOptions {
  BundleOptions bundle;
  bool in_unit = false;
  bool yes = false;
};

JournaledPlan require_plan(const Surroundings& surroundings, const KeptState& kept) {
  const Journal journal(surroundings.host, kept.journal_path());
  std::optional<JournaledPlan> plan = journaled_plan(journal.records());
  if (!plan || !kept.installed())
    throw InputError("cannot resume: no installation was begun on this machine", "begin with 'rootcellar-install install'");
  return *std::move(plan);
}

/// One of several media may have another folder now; the others are where they were.
void add_missing(const std::vector<std::string>& more, std::vector<std::string>& places) {
  for (const std::string& place : more) {
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }
}

/// A pull by somebody else takes an image's pin, and the kubelet may then clean it away.
void say_complete(cli::Console& console, const JournaledPlan& plan, Surroundings& surroundings) {
  RunContext context{.host = surroundings.host, .progress = console.progress(), .paths = surroundings.paths};
  const std::vector<std::string> repaired = repair_images(plan.steps, context);
  console.say(repaired.empty() ? "The installation is complete: there is nothing to resume."
                               : cat("The installation is complete. Put right: ", join(repaired, ", "), "."));
}

ExitCode resume(cli::Console& console, const ResumeOptions& options, Surroundings& surroundings) {
  if (!surroundings.host.is_root()) throw HostError("cannot resume: only root can", "begin the command with 'sudo'");
  const KeptState kept(surroundings);
  std::vector<std::string> places = options.bundle.places();
  if (install_unit_active(surroundings)) {
    follow_install_unit(surroundings, console, places);
  } else {
    const FileLock lock(surroundings.lock);
    const JournaledPlan plan = require_plan(surroundings, kept);
    if (plan.finished) {
      say_complete(console, plan, surroundings);
      return ExitCode::ok;
    }
    add_missing(plan.places, places);
    run_install_unit(surroundings, console, places);
  }
  console.say("Installed. 'rootcellar-install status' shows its state; the stick can be taken out.");
  return ExitCode::ok;
}

}  // namespace

cli::Command resume_command(Surroundings& surroundings) {
  auto options = std::make_shared<ResumeOptions>();
  cli::Command command;
  command.name = "resume";
  command.summary = "go on with an installation that stopped";
  command.description =
      "Goes on where an installation stopped: after a power cut, a full disk, a missing stick. The plan is the one that was begun; "
      "the stick is looked for where it was, and where BUNDLE and --from say. Of an installation that is complete it puts images right that lost "
      "their pin in containerd since, or are gone: that needs no stick.";
  command.examples = {"sudo rootcellar-install resume", "sudo rootcellar-install resume --from /media/stick2"};
  command.options = {
      {.names = "BUNDLE", .help = "a folder, a volume or a stick, besides where it was", .text = &options->bundle.bundle},
      {.names = "--from",
       .value = "DIR",
       .help = "another place where volumes are; may be given several times",
       .list = &options->bundle.from},
      {.names = "--in-unit", .help = "this is the unit itself: run the steps here", .flag = &options->in_unit}};
  command.run = [options, &surroundings](cli::Console& console) {
    if (!options->in_unit) return resume(console, *options, surroundings);
    run_in_unit(surroundings, options->bundle.places());
    return ExitCode::ok;
  };
  return command;
}

}  // namespace rootcellar
