#include "builder/rehearse/rehearse.h"

#include <memory>

#include "builder/commands/bundle_words.h"
#include "builder/commands/local_paths.h"
#include "builder/commands/program.h"
#include "builder/commands/workbench.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

struct RehearseWords {
  BundleWords bundle;
  bool keep = false;
  std::string answers, like, work;
  std::vector<std::string> with;
};

std::string seconds(std::uint64_t milliseconds) { return cat(milliseconds / 1000, ".", milliseconds % 1000 / 100, " s"); }

JsonValue as_json(const RehearsalReport& report) {
  JsonValue rows = JsonValue::array();
  for (const RehearsalRow& row : report.rows) {
    rows.push(JsonValue::object({{"step", JsonValue::string(row.step)},
                                 {"milliseconds", JsonValue::number(row.milliseconds)},
                                 {"passed", JsonValue::boolean(row.passed)},
                                 {"proof", JsonValue::string(row.proof)}}));
  }
  return JsonValue::object({{"passed", JsonValue::boolean(report.passed)},
                            {"rows", std::move(rows)},
                            {"differences", JsonValue::string_array(report.differences)},
                            {"tolerated", JsonValue::string_array(report.tolerated)},
                            {"enter", JsonValue::string(report.enter)}});
}

void show(const RehearsalReport& report, cli::Console& console) {
  std::vector<std::vector<std::string>> rows{{"STEP", "TIME", "", "PROOF"}};
  for (const RehearsalRow& row : report.rows)
    rows.push_back({row.step, seconds(row.milliseconds), row.passed ? "ok" : "FAILED", printable(row.proof)});
  console.print(cli::table(rows));
  for (const std::string& difference : report.differences) console.print(cat("left behind: ", printable(difference), "\n"));
  for (const std::string& tolerated : report.tolerated) console.print(cat("tolerated:   ", printable(tolerated), "\n"));
  if (!report.enter.empty()) console.print(cat("The host is left running; a shell in it: ", report.enter, "\n"));
  console.print(report.passed ? "The rehearsal passed.\n" : "The rehearsal failed.\n");
}

/// Before a host is made for it: on site nobody could go on either.
void require_all_volumes(const Bundle& bundle) {
  std::vector<std::string> missing;
  for (const std::uint32_t volume : bundle.missing_volumes()) missing.push_back(cat(volume));
  if (missing.empty()) return;
  throw InputError(cat("cannot rehearse '", bundle_name(bundle.header()), "': expected all ", bundle.header().volumes, " volumes, missing ",
                       join(missing, ", ")),
                   "attach the other sticks too and name each with --from");
}

/// What is attached to the host: folders. A volume stands for its bundle and the folder it lies in.
Search attached(const BundleWords& words) {
  std::vector<std::string> places{words.bundle};
  places.insert(places.end(), words.from.begin(), words.from.end());
  Search search = search_for(std::move(places), words.selector);
  for (std::string& place : search.places) place = absolute_path(place);
  return search;
}

/// A folder that 'build' wrote has the volumes too, but nothing on site begins there.
void require_start_script(const std::string& stick) {
  if (file_status_followed(path_join(stick, "START.sh"))) return;
  throw InputError(cat("cannot rehearse '", stick, "': expected a stick with START.sh, found none"),
                   "put the bundle on a stick, or into a folder, with 'rootcellar stage', and name that");
}

void require_folder(const std::string& path) {
  const auto found = file_status_followed(path);
  if (found && found->type == FileStatus::Type::directory) return;
  throw InputError(cat("cannot lay '", path, "' over a host's root: expected a folder, found ", found ? "something else" : "nothing"));
}

ExitCode rehearse_bundle(cli::Console& console, const RehearseWords& words) {
  Bundle bundle = open_trusted(words.bundle, "rehearse", console);
  require_all_volumes(bundle);
  if (!words.like.empty()) require_folder(words.like);
  const Search sticks = attached(words.bundle);
  require_start_script(sticks.places.front());
  const RehearseOptions options{.stick = sticks.places.front(),
                                .trust_file = absolute_path(*words.bundle.trust),
                                .answers_file = words.answers.empty() ? std::string() : absolute_path(words.answers),
                                .like = words.like.empty() ? std::string() : absolute_path(words.like),
                                .with = words.with,
                                .cache_root = cache_folder(read_user_configuration(), std::nullopt),
                                .work = words.work.empty() ? std::string() : absolute_path(words.work),
                                .keep = words.keep,
                                .more_sticks = {sticks.places.begin() + 1, sticks.places.end()},
                                .bundle = sticks.selector.value_or("")};
  const RehearsalReport report = rehearse(bundle, options, console.progress());
  if (console.json()) console.event("rehearsal", as_json(report));
  if (!console.json()) show(report, console);
  return report.passed ? ExitCode::ok : ExitCode::failed_check;
}

}  // namespace

cli::Command rehearse_command() {
  auto words = std::make_shared<RehearseWords>();
  cli::Command command;
  command.name = "rehearse";
  command.summary = "run the whole installation in a sealed host";
  command.description =
      "Makes a host of the bundle's target release that has no route out, attaches the stick read-only, installs from it, runs the "
      "bundle's "
      "checks, reboots, checks again, uninstalls, and compares the host with what it was. Whatever tries to leave is counted. Needs root. "
      "Exit "
      "code 1: the rehearsal failed.";
  command.examples = {"sudo rootcellar rehearse /media/STICK --trust ~/keys/lab-team.pub",
                      "sudo rootcellar rehearse /media/STICK --trust ~/keys/lab-team.pub --answers lab-3.yaml",
                      "sudo rootcellar rehearse /media/A --from /media/B --trust ~/keys/lab-team.pub"};
  command.options = bundle_options(words->bundle, true);
  command.options.front().names = "STICK";
  command.options.front().help = "a staged stick or folder";
  command.options.push_back(
      {.names = "--answers", .value = "FILE", .help = "what a site decides, for install; see docs/answers.md", .text = &words->answers});
  command.options.push_back({.names = "--like",
                             .value = "DIR",
                             .help = "files that the machine on site has already, as DIR/etc/docker/daemon.json: laid over the host's root before it boots",
                             .text = &words->like});
  command.options.push_back({.names = "--with",
                             .value = "PACKAGE",
                             .help = "a package that the machine on site has already, such as ufw; may be given several times",
                             .list = &words->with});
  command.options.push_back({.names = "--keep", .help = "leave the host and its logs for a look", .flag = &words->keep});
  command.options.push_back(
      {.names = "--work", .value = "DIR", .help = "folder for the host; default: a temporary one", .text = &words->work});
  command.run = [words](cli::Console& console) { return rehearse_bundle(console, *words); };
  return command;
}

}  // namespace rootcellar
