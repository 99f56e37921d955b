#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/program.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_log_limit = std::size_t{256} << 20;
constexpr std::string_view k_suffix = ".log";

std::vector<std::string> log_names(Surroundings& surroundings) {
  std::vector<std::string> names;
  for (const std::string& file : surroundings.host.list(surroundings.paths.logs)) {
    if (file.ends_with(k_suffix)) names.push_back(file.substr(0, file.size() - k_suffix.size()));
  }
  return names;
}

std::string list_text(Surroundings& surroundings) {
  std::vector<std::vector<std::string>> rows{{"step", "size", "last written"}};
  for (const std::string& name : log_names(surroundings)) {
    const std::optional<FileStatus> status = surroundings.host.status(path_join(surroundings.paths.logs, cat(name, k_suffix)));
    if (status) rows.push_back({name, human_size(status->size), format_time(status->mtime)});
  }
  return rows.size() == 1 ? "no step has written a log\n" : cli::table(rows);
}

std::string log_text(Surroundings& surroundings, const std::string& step) {
  const std::vector<std::string> names = log_names(surroundings);
  const bool plain = step.find('/') == std::string::npos;
  const std::optional<std::string> text =
      plain ? surroundings.host.read_file(path_join(surroundings.paths.logs, cat(step, k_suffix)), k_log_limit) : std::nullopt;
  if (text) return *text;
  const std::optional<std::string> near = did_you_mean(step, names);
  throw InputError(cat("cannot show the log of '", step, "': no such step has written one"),
                   near ? cat("did you mean '", *near, "'?") : std::string("'rootcellar-install logs' lists them"));
}

}  // namespace

cli::Command logs_command(Surroundings& surroundings) {
  auto step = std::make_shared<std::string>();
  cli::Command command;
  command.name = "logs";
  command.summary = "show what the steps' tools said";
  command.description = "Without STEP, lists the logs; with it, prints that one. Needs no stick.";
  command.examples = {"sudo rootcellar-install logs", "sudo rootcellar-install logs packages"};
  command.options = {{.names = "STEP", .help = "a step's name, as the list and errors show it", .text = step.get()}};
  command.run = [step, &surroundings](cli::Console& console) {
    console.print(step->empty() ? list_text(surroundings) : log_text(surroundings, *step));
    return ExitCode::ok;
  };
  return command;
}

}  // namespace rootcellar
