// What the site's network is for this appliance, decided from the bundle's wishes, the answers and the machine.
#pragma once

#include <string>
#include <vector>

#include "installer/plan/lan_names.h"
#include "installer/plan/subjects.h"

namespace rootcellar {

struct LanSite {
  std::string address;    ///< this machine's; empty: none could be decided on
  std::string network;    ///< the people's; empty: not known
  std::string range;      ///< a load balancer's addresses, "192.0.2.240-192.0.2.250"; empty: there is none
  LanNames names;
  std::vector<std::string> certificate_names;      ///< of the server's certificate
  std::vector<std::string> certificate_addresses;
  std::vector<std::string> domains, ranges;        ///< what the authority may sign for
  bool nameserver = false, mdns = false, time = false, portal = false;  ///< here

  bool ready() const { return !address.empty() && !network.empty() && !names.domain.empty(); }
};
/// REQUIRES: the appliance has a section lan.
LanSite make_lan_site(const PlanInput& input);
/// The network that the machine is in by this address, "192.0.2.0/24"; empty: not known.
std::string network_of(const NodeFacts& node, const std::string& address);

/// Refusals: no domain, no address, a nameserver or web server in the way, a certificate that browsers would refuse.
void plan_lan_fit(const PlanInput& input, Plan& plan);
/// The authority, the certificate, and the trust of this machine in it: before anything that uses them.
void plan_lan_trust(const PlanInput& input, Plan& plan);
/// Refusals of a load balancer's addresses that it cannot have.
void plan_balancer_fit(const PlanInput& input, const LanSite& site, Plan& plan);
/// The addresses that are to be free: of a load balancer that is not there yet. Empty: nobody has to be asked.
std::vector<std::string> balancer_addresses(const Appliance& appliance, const Answers& answers, const Facts& facts);
/// What pods are told: trust and the site's certificate, in namespaces of the cluster.
void plan_shared_trust(const PlanInput& input, const char* kubeconfig, Plan& plan);
/// The records that the nameserver of a site's own cluster needs.
void caution_about_site_names(const PlanInput& input, Plan& plan);
/// CoreDNS's configuration; nothing where kubeadm's own is right.
void plan_cluster_names(const PlanInput& input, Plan& plan);
/// The time, right after the packages, on machines that join too.
void plan_lan_time(const PlanInput& input, Plan& plan);
/// Refusals: another time service in the way.
void plan_lan_time_fit(const PlanInput& input, Plan& plan);
/// Names and page.
void plan_lan_services(const PlanInput& input, Plan& plan);
/// "bench7.local"
std::string mdns_name(const PlanInput& input);
void plan_mdns(const PlanInput& input, const LanSite& site, Plan& plan);
/// ${site.domain}, ${site.lan_address}, ${site.lan_network}, ${site.lan_range}, ${site.admin}.
std::vector<TemplateValue> lan_values(const PlanInput& input);

}  // namespace rootcellar
