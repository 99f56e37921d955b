// What every subcommand is given: the machine, where things are kept on it, and this program's version.
#pragma once

#include <string>

#include "installer/host/host_system.h"
#include "installer/run/runner.h"

namespace rootcellar {

struct Surroundings {
  HostSystem& host;
  SitePaths paths;
  std::string version;
  std::string lock = "/run/rootcellar-install.lock";
  std::string self = "/proc/self/exe";  ///< this program's own bytes
  unsigned jobs = 0;                    ///< at once; 0: as this machine has processors
};

}  // namespace rootcellar
