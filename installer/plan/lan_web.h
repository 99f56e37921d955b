// How nginx serves the portal: the page over http for those who do not trust the site yet, and over https with its certificate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rootcellar {

struct PortalServer {
  std::vector<std::string> addresses;  ///< numeric; "0.0.0.0": every address of the machine
  std::uint64_t http_port = 80;
  std::uint64_t https_port = 443;
  std::string folder;           ///< with index.html, ca.crt, ...
  std::string health_folder;    ///< with health.json
  std::string certificate;      ///< file with the chain
  std::string key;              ///< file
};

/// nginx.conf of a server of our own, beside one that people may have.
std::string portal_server_configuration(const PortalServer& server);

}  // namespace rootcellar
