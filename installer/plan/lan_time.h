// The site's time: chrony on the first node serves it, the others follow, and no boot begins before a time that was seen already.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// chrony.conf(5) of the machine that keeps the time of a site without another clock. `ranges`: who may ask, "192.0.2.0/24".
std::string time_server_configuration(const std::vector<std::string>& ranges);
/// Of a machine that follows; `servers`: numeric.
std::string time_client_configuration(const std::vector<std::string>& servers);

/// chronyd as a service; `in_container`: without setting the clock, which is that of the machine outside.
std::string time_service(std::string_view configuration, bool in_container);

/// The last time that was seen, as the time of a file: raised to at boot, before whatever asks for the time, and noted while it runs.
std::string clock_program(std::string_view seen);
std::string clock_service(std::string_view program, std::string_view folder);
std::string clock_note_service(std::string_view program);
std::string clock_note_timer();

}  // namespace rootcellar
