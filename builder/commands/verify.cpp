#include <memory>

#include "builder/commands/bundle_words.h"
#include "builder/commands/program.h"
#include "bundle/verify_report.h"

namespace rootcellar {
namespace {

ExitCode verify(cli::Console& console, const BundleWords& words) {
  Bundle bundle = open_trusted(words, "verify", console);
  return verify_and_tell(bundle, console);
}

}  // namespace

cli::Command verify_command() {
  auto words = std::make_shared<BundleWords>();
  cli::Command command;
  command.name = "verify";
  command.summary = "check that a bundle is from whom it should be, and whole";
  command.description =
      "Checks the signatures and every stored frame of all volumes that are there. Changes nothing. Exit code 1: something is damaged or "
      "missing; 4: the bundle must not be used.";
  command.examples = {"rootcellar verify out --trust ~/keys/lab-team.pub",
                      "rootcellar verify /media/a --from /media/b --trust site-trust.yaml"};
  command.options = bundle_options(*words, true);
  command.run = [words](cli::Console& console) { return verify(console, *words); };
  return command;
}

}  // namespace rootcellar
