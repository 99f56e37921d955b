#include <memory>

#include "builder/commands/program.h"
#include "builder/profile/profile.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

ExitCode lint(cli::Console& console, const std::string& path) {
  const LintReport report = lint_profile(path);
  if (console.json()) {
    console.event("lint", JsonValue::object({{"profile", JsonValue::string(path)},
                                             {"checked", JsonValue::string_array(report.checked)},
                                             {"warnings", JsonValue::string_array(report.warnings)}}));
    return ExitCode::ok;
  }
  for (const std::string& warning : report.warnings) console.warn(warning);
  console.print(cat(path, ": no faults in ", join(report.checked, ", "), "\n"));
  return ExitCode::ok;
}

}  // namespace

cli::Command lint_command() {
  auto path = std::make_shared<std::string>();
  cli::Command command;
  command.name = "lint";
  command.summary = "check a profile without touching the network";
  command.description =
      "Reads the profile and the stacks it includes, for every variant and architecture it declares. Shows all faults at once, and warns "
      "of "
      "what is likely to hurt: images without a version, images that have moved or gone.";
  command.examples = {"rootcellar lint profiles/lab.yaml"};
  command.options = {{.names = "PROFILE", .help = "the profile, docs/profile.md", .text = path.get(), .required = true}};
  command.run = [path](cli::Console& console) { return lint(console, *path); };
  return command;
}

}  // namespace rootcellar
