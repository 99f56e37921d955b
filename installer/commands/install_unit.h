// The installation as a systemd unit, so that a lost connection stops nothing; and watching it from the outside.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "installer/commands/surroundings.h"

namespace rootcellar {

inline constexpr std::string_view k_install_unit = "rootcellar-install.service";

bool install_unit_active(Surroundings& surroundings);
/// Only starts it: for who must hold a lock until it runs.
void start_install_unit(Surroundings& surroundings, const std::vector<std::string>& places);
/// Starts the unit and follows it to its end; its error becomes this process's. Ctrl-C leaves the unit running and says so.
/// A volume nobody has attached is asked for on a terminal, and the unit is started again with its place.
void run_install_unit(Surroundings& surroundings, cli::Console& console, std::vector<std::string> places);
/// The same for a unit that runs already.
void follow_install_unit(Surroundings& surroundings, cli::Console& console, std::vector<std::string> places);
/// What runs inside the unit: the journal's plan, with its volumes looked for in `places`.
void run_in_unit(Surroundings& surroundings, const std::vector<std::string>& places);

}  // namespace rootcellar
