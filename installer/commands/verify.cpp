#include <memory>

#include "bundle/verify_report.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"

namespace rootcellar {
namespace {

ExitCode verify(cli::Console& console, const BundleOptions& options, Surroundings& surroundings) {
  OpenedBundle opened = open_bundle(options, KeptState(surroundings), console);
  return verify_and_tell(opened.bundle, console);
}

}  // namespace

cli::Command verify_command(Surroundings& surroundings) {
  auto options = std::make_shared<BundleOptions>();
  cli::Command command;
  command.name = "verify";
  command.summary = "check that the bundle is from whom it should be, and whole";
  command.description =
      "Checks the signatures and every stored frame of all volumes that are there. Changes nothing and needs no root. "
      "Exit code 1: something is damaged or missing; 4: the bundle must not be used.";
  command.examples = {"rootcellar-install verify /media/stick --trust site.pub",
                      "rootcellar-install verify --from /media/a --from /media/b"};
  command.options = bundle_option_list(*options);
  command.run = [options, &surroundings](cli::Console& console) { return verify(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
