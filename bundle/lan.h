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

/// Addresses of the people's network that a load balancer (MetalLB) in the cluster gives to services; the domain then means the first.
struct LanBalancer {
  bool enabled = false;
  std::string range;  ///< "192.0.2.240-192.0.2.250"; empty: the answers say
};

struct LanSection {
  bool enabled = false;
  std::string domain;              ///< where the answers say no other; empty: they must
  std::vector<std::string> names;  ///< below the site's domain, for the appliance's own address: "registry"
  bool everything_below = false;   ///< every other name below the domain too
  bool nameserver = true;          ///< dnsmasq on the first node, for this domain only
  bool mdns = false;               ///< avahi on the first node: HOSTNAME.local, for networks without a nameserver of ours
  bool time = true;                ///< chrony on the first node, followed by the others
  bool portal = true;              ///< the page, by nginx on the first node
  std::uint64_t http_port = 80;
  std::uint64_t https_port = 443;
  std::string certificate = "made";          ///< "made" by the site's own authority | "provided" by the site's answers, which must say it
  std::vector<std::string> trust_namespaces; ///< of the cluster: they get a ConfigMap with what is trusted here
  LanBalancer balancer;
  std::vector<LanLink> links;
};

}  // namespace rootcellar
