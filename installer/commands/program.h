// The command line of rootcellar-install: its subcommands, one file each.
#pragma once

#include "bundle/base/cli.h"
#include "installer/commands/surroundings.h"

namespace rootcellar {

/// REQUIRES: `surroundings` outlives the program.
cli::Program installer_program(Surroundings& surroundings);

cli::Command verify_command(Surroundings& surroundings);
cli::Command plan_command(Surroundings& surroundings);
cli::Command install_command(Surroundings& surroundings);
cli::Command resume_command(Surroundings& surroundings);
cli::Command status_command(Surroundings& surroundings);
cli::Command logs_command(Surroundings& surroundings);
cli::Command uninstall_command(Surroundings& surroundings);
cli::Command load_command(Surroundings& surroundings);
cli::Command ticket_command(Surroundings& surroundings);
cli::Command backup_command(Surroundings& surroundings);
cli::Command restore_command(Surroundings& surroundings);
cli::Command renew_command(Surroundings& surroundings);
cli::Command ca_command(Surroundings& surroundings);
cli::Command readdress_command(Surroundings& surroundings);
cli::Command survey_command(Surroundings& surroundings);
cli::Command records_command(Surroundings& surroundings);
cli::Command health_command(Surroundings& surroundings);

}  // namespace rootcellar
