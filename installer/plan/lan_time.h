// The site's time: chrony on the first node serves it, the others follow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// chrony.conf(5) of the machine that keeps the time of a site without another clock. `range`: who may ask, "192.0.2.0/24".
std::string time_server_configuration(std::string_view range);
/// Of a machine that follows; `servers`: numeric.
std::string time_client_configuration(const std::vector<std::string>& servers);

}  // namespace rootcellar
