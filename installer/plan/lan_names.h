// The names of the site in the spellings of those who answer for them: dnsmasq, hosts files, zone files, CoreDNS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct LanHost {
  std::string name;     ///< below the domain: "bench7", "registry"
  std::string address;  ///< IPv4
};

struct LanNames {
  std::string domain;            ///< "lab.example"
  std::string address;           ///< of the domain itself: the load balancer's, or the first node's
  std::string server;            ///< the first node's: where dnsmasq listens
  std::vector<LanHost> hosts;    ///< nodes and services with a name of their own
  bool everything_below = false; ///< any other name below the domain means its address
};

/// dnsmasq.conf(5): authoritative for the domain, asks nobody else, gives no leases, and binds one address only, beside systemd-resolved.
std::string dnsmasq_configuration(const LanNames& names);
/// Lines for /etc/hosts of a machine that may not ask dnsmasq; hosts files know no wildcards.
std::string hosts_lines(const LanNames& names);
/// RFC 1035 master file for whoever runs the site's nameserver. `serial`: of the zone.
std::string zone_file(const LanNames& names, std::uint32_t serial);
/// A server block for CoreDNS's Corefile, so that pods know the domain.
std::string coredns_block(const LanNames& names);

}  // namespace rootcellar
