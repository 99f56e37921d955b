#include "installer/commands/program.h"

namespace rootcellar {

cli::Program installer_program(Surroundings& surroundings) {
  cli::Program program;
  program.name = "rootcellar-install";
  program.summary = "Installs a bundle on this machine, without a network: verify, plan, install, status.";
  program.version = surroundings.version;
  program.examples = {"rootcellar-install verify /media/stick --trust site.pub", "rootcellar-install plan /media/stick",
                      "sudo rootcellar-install install /media/stick"};
  program.commands = {verify_command(surroundings),    plan_command(surroundings),      install_command(surroundings),
                      resume_command(surroundings),    status_command(surroundings),    logs_command(surroundings),
                      uninstall_command(surroundings), backup_command(surroundings),    restore_command(surroundings),
                      renew_command(surroundings),     readdress_command(surroundings), load_command(surroundings),
                      ticket_command(surroundings),    ca_command(surroundings),        survey_command(surroundings),
                      records_command(surroundings),   health_command(surroundings)};
  return program;
}

}  // namespace rootcellar
