// The words of `rootcellar`: one function per subcommand, one file each.
#pragma once

#include "bundle/base/cli.h"

namespace rootcellar {

cli::Program builder_program();

cli::Command keygen_command();
cli::Command lint_command();
cli::Command lock_command();
cli::Command build_command();
cli::Command header_command();
cli::Command verify_command();
cli::Command inspect_command();
cli::Command ls_command();
cli::Command stage_command();
cli::Command rehearse_command();
cli::Command certificate_command();
cli::Command duckdns_record_command();

}  // namespace rootcellar
