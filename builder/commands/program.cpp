#include "builder/commands/program.h"

namespace rootcellar {

cli::Program builder_program() {
  cli::Program program;
  program.name = "rootcellar";
  program.summary =
      "Carries a whole appliance across an air gap: collects and pins everything a profile names, writes it as one signed bundle, "
      "puts that on sticks, and rehearses the installation before anyone travels.";
  program.version = ROOTCELLAR_VERSION;
  program.examples = {"rootcellar keygen lab-team --out ~/keys", "rootcellar lock profiles/lab.yaml -o lab.lock.yaml",
                      "rootcellar build lab.lock.yaml --key ~/keys/lab-team.key -o out", "rootcellar stage out --to /media/STICK",
                      "sudo rootcellar rehearse /media/STICK --trust ~/keys/lab-team.pub"};
  program.commands = {keygen_command(), lint_command(),     lock_command(),        build_command(),
                      header_command(), verify_command(),   inspect_command(),     ls_command(),
                      stage_command(),  rehearse_command(), certificate_command(), duckdns_record_command()};
  return program;
}

}  // namespace rootcellar
