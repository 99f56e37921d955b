// What an appliance offers to the people of its network: names, trust, time and a page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rootcellar {

/// Where the page leads.
struct LanLink {
  std::string title;
  std::string url;   ///< ${site.domain} and the like are filled in
  std::string text;  ///< one line of what is there
};

struct LanSection {
  bool enabled = false;
  std::vector<std::string> names;  ///< below the site's domain, for the appliance's own address: "registry"
  bool everything_below = false;   ///< every other name below the domain too
  bool nameserver = true;          ///< dnsmasq on the first node, for this domain only
  bool time = true;                ///< chrony on the first node, followed by the others
  bool portal = true;              ///< the page, by nginx on the first node
  std::uint64_t http_port = 80;
  std::uint64_t https_port = 443;
  std::vector<LanLink> links;
};

}  // namespace rootcellar
