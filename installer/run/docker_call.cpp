#include "installer/run/docker_call.h"

#include "installer/host/tools.h"

namespace rootcellar {

ToolCall docker_call(std::vector<std::string> arguments, std::uint64_t time_limit, const std::string& log) {
  arguments.insert(arguments.begin(), std::string(tools::k_docker));
  return {.argv = std::move(arguments), .time_limit = time_limit, .log = log, .no_network = true};
}

}  // namespace rootcellar
