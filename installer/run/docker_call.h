// How the installer speaks to docker: through its client, which reaches the daemon's socket and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "installer/host/host_system.h"

namespace rootcellar {

/// `docker ARGUMENTS`. The client looks up the host part of every image name before it asks the daemon (docker 20.10), which on a site
/// with a silent resolver costs seconds and on every site a packet; so it runs without a network.
ToolCall docker_call(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& log = {});

}  // namespace rootcellar
