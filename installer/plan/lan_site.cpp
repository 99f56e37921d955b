#include "installer/plan/lan_site.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"

namespace rootcellar {
namespace {

std::string first_of(const std::string& range) { return range.substr(0, range.find('-')); }

LanNames names_of(const PlanInput& input, const std::string& address) {
  const LanSection& section = input.appliance().lan;
  const LanAnswers& answers = input.answers.lan;
  LanNames names;
  if (input.join != nullptr) {
    names.domain = input.join->domain;
    names.server = input.join->address;
    names.address = input.join->domain_address.empty() ? input.join->address : input.join->domain_address;
    // A load balancer leads to services of the cluster; the registry is this machine's.
  for (const std::string& name : section.names) names.hosts.push_back({name, name == "registry" ? address : names.address});
    return names;
  }
  names.domain = answers.domain.value_or(section.domain);
  names.server = address;
  names.address = answers.address.value_or(section.balancer.enabled ? first_of(answers.range.value_or(section.balancer.range)) : address);
  names.everything_below = section.everything_below;
  for (const std::string& name : section.names) names.hosts.push_back({name, names.address});
  if (!input.facts.node.hostname.empty()) names.hosts.push_back({input.facts.node.hostname, address});
  for (const auto& [name, host] : answers.hosts) names.hosts.push_back({name, host});
  return names;
}

void decide_certificate(const PlanInput& input, LanSite& site) {
  const std::string& domain = site.names.domain;
  site.certificate_names = {domain, cat("*.", domain), "localhost"};
  site.certificate_addresses = {site.names.address};
  if (site.address != site.names.address) site.certificate_addresses.push_back(site.address);
  site.certificate_addresses.emplace_back("127.0.0.1");
  const bool tls = input.own_registry() && input.appliance().registry.tls;
  for (const std::string& address : {input.layout.local.address, input.layout.push.address}) {
    const bool known = std::count(site.certificate_addresses.begin(), site.certificate_addresses.end(), address) > 0;
    if (tls && !known && !Endpoint{address, 0}.any_address()) site.certificate_addresses.push_back(address);
  }
  site.domains = {domain, "localhost", "svc"};
  site.ranges = {site.network, cat(site.address, "/32"), "127.0.0.0/8", "::1/128"};
  if (site.names.address != site.address) site.ranges.push_back(cat(site.names.address, "/32"));
  for (const std::string& address : site.certificate_addresses) {
    const bool known = address.starts_with("127.") || address == "::1" || address == site.address || address == site.names.address;
    if (!known) site.ranges.push_back(cat(address, address.find(':') == std::string::npos ? "/32" : "/128"));
  }
  const std::string& node = input.facts.node.hostname;
  if (!node.empty()) {
    site.domains.push_back(node);
    site.certificate_names.push_back(node);
  }
  if (site.mdns) {
    site.domains.push_back(mdns_name(input));
    site.certificate_names.push_back(mdns_name(input));
  }
  if (!input.cluster()) return;
  const ClusterSite cluster = make_cluster_site(input);
  site.domains.push_back(input.appliance().cluster.domain);
  site.domains.push_back(cluster.endpoint);
  site.ranges.push_back(cluster.service_cidr);
}

}  // namespace

std::string network_of(const NodeFacts& node, const std::string& address) {
  const auto number = parse_ipv4(address);
  const Route* best = nullptr;
  for (const Route& route : node.routes) {
    const bool own = number && route.gateway == 0 && route.to.prefix != 0 && route.to.contains(*number);
    if (own && (best == nullptr || route.to.prefix > best->to.prefix)) best = &route;
  }
  return best == nullptr ? std::string() : best->to.text();
}

LanSite make_lan_site(const PlanInput& input) {
  const LanSection& section = input.appliance().lan;
  const LanAnswers& answers = input.answers.lan;
  LanSite site;
  site.address = make_cluster_site(input).address;
  site.network = answers.network.value_or(network_of(input.facts.node, site.address));
  site.range = answers.range.value_or(section.balancer.range);
  site.names = names_of(input, site.address);
  const bool first = input.join == nullptr;
  site.nameserver = first && section.nameserver && answers.nameserver.value_or(true);
  site.mdns = first && !input.facts.node.hostname.empty() && answers.mdns.value_or(section.mdns);
  site.time = section.time && answers.time.value_or(true);
  site.portal = first && section.portal && answers.portal.value_or(true);
  decide_certificate(input, site);
  return site;
}

std::vector<TemplateValue> lan_values(const PlanInput& input) {
  if (!input.appliance().lan.enabled) return {};
  const LanSite site = make_lan_site(input);
  return {{"site.domain", site.names.domain}, {"site.lan_address", site.names.address}, {"site.lan_network", site.network},
          {"site.lan_range", site.range}, {"site.admin", input.answers.lan.admin.value_or("")}};
}

}  // namespace rootcellar
