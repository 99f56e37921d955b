#include <memory>

#include "builder/commands/bundle_words.h"
#include "builder/commands/program.h"
#include "bundle/base/text.h"
#include "bundle/header_export.h"

namespace rootcellar {
namespace {

struct HeaderWords {
  BundleWords bundle;
  std::string output;
};

ExitCode header(cli::Console& console, const HeaderWords& words) {
  const std::vector<std::string> files = export_header(find_bundle(words.bundle, console), words.output);
  if (console.json()) {
    console.event("header", JsonValue::object({{"files", JsonValue::string_array(files)}}));
    return ExitCode::ok;
  }
  for (const std::string& file : files) console.print(cat(file, "\n"));
  console.say(cat("Nothing has been checked. Check it with: minisign -Vm ", files.front(), " -p NAME.pub"));
  return ExitCode::ok;
}

}  // namespace

cli::Command header_command() {
  auto words = std::make_shared<HeaderWords>();
  cli::Command command;
  command.name = "header";
  command.summary = "take the signed text out of a bundle, for stock minisign";
  command.description =
      "Writes the header exactly as it was signed, and its signatures as .minisig files, so that anyone can check them with Debian's "
      "minisign. "
      "Believes and decodes nothing.";
  command.examples = {"rootcellar header out -o check", "minisign -Vm check/lab-cpu-3-amd64.header -p lab-team.pub"};
  command.options = bundle_options(words->bundle, false);
  command.options.push_back(
      {.names = "-o,--output", .value = "DIR", .help = "where the files are written", .text = &words->output, .required = true});
  command.run = [words](cli::Console& console) { return header(console, *words); };
  return command;
}

}  // namespace rootcellar
