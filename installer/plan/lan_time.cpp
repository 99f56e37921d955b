#include "installer/plan/lan_time.h"

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// A jump is allowed when chrony starts only: later, databases and certificates would see time go back.
std::string common(std::string_view drift_folder) {
  return cat("driftfile ", drift_folder, "/drift\nmakestep 1 3\nrtcsync\ncmdport 0\nbindcmdaddress /run/rootcellar-time/chronyd.sock\n"
             "pidfile /run/rootcellar-time/chronyd.pid\n");
}

constexpr std::string_view k_drift = "/var/lib/rootcellar-time";

}  // namespace

std::string time_server_configuration(std::string_view range) {
  return cat("# This machine's clock is the site's: nobody else's is reachable.\nlocal stratum 10\nallow ", range, "\n", common(k_drift));
}

std::string time_client_configuration(const std::vector<std::string>& servers) {
  std::string out = "# The first node's clock is the site's.\n";
  for (const std::string& server : servers) out += cat("server ", server, " iburst\n");
  return out + "port 0\n" + common(k_drift);
}

}  // namespace rootcellar
