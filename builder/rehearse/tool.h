// Running the programs a sealed host is made with (ip, mount, mmdebstrap): found in $PATH, must succeed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle/base/last_line.h"

namespace rootcellar {

/// Runs argv, argv[0] looked up in $PATH and /usr/sbin, and returns its stdout. A missing program is a HostError naming the Debian package
/// `package`; a failure is a SystemError "cannot run 'COMMAND': LAST LINE OF STDERR". `time_limit` in seconds.
std::string run_tool(const std::vector<std::string>& argv, const std::string& package, std::uint64_t time_limit = 120);

/// The same for a tool that mounts and has children: its mounts are seen by nobody else, and when this process or the tool ends, by SIGKILL
/// too, so do its children (util-linux's unshare and setpriv). Needs root.
std::string run_confined_tool(const std::vector<std::string>& argv, const std::string& package, std::uint64_t time_limit = 120);

}  // namespace rootcellar
