// Whether a load balancer can have its addresses: of the people's network, and nobody's.
#include <algorithm>
#include <map>

#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/lan_site.h"

namespace rootcellar {
namespace {

constexpr std::uint32_t k_most = 256;  // each is asked whether somebody answers

struct Range {
  std::uint32_t first = 0, last = 0;
  bool has(std::uint32_t address) const { return first <= address && address <= last; }
  std::uint64_t size() const { return std::uint64_t{last} - first + 1; }
};

std::optional<Range> parse_range(const std::string& text) {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto first = parse_ipv4(std::string_view(text).substr(0, dash)), last = parse_ipv4(std::string_view(text).substr(dash + 1));
  return first && last && *first <= *last ? std::optional(Range{*first, *last}) : std::nullopt;
}

std::uint32_t broadcast_of(const Network& network) {
  return network.prefix == 0 ? ~std::uint32_t{0} : network.address | ((std::uint64_t{1} << (32 - network.prefix)) - 1);
}

/// What is in the way inside the range: the first that is known of each address.
std::map<std::uint32_t, std::string> occupied(const PlanInput& input, const Range& range, const Network& network) {
  std::map<std::uint32_t, std::string> found;
  const auto check = [&](std::uint32_t address, std::string what) {
    if (range.has(address)) found.emplace(address, std::move(what));
  };
  if (network.prefix < 31) {
    check(network.address, "the address of the network itself");
    check(broadcast_of(network), "the network's broadcast address");
  }
  for (const std::string& own : input.facts.addresses) check(parse_ipv4(own).value_or(0), "this machine's");
  for (const Route& route : input.facts.node.routes) check(route.gateway, "a gateway's");
  for (const auto& [address, hardware] : input.facts.answering)
    check(parse_ipv4(address).value_or(0), cat("somebody's: ", hardware, " answers for it"));
  return found;
}

/// Whoever is asked is on a wire of this machine's: nothing is sent through a gateway.
bool is_on_a_wire(const NodeFacts& node, std::uint32_t address) {
  return std::any_of(node.routes.begin(), node.routes.end(),
                     [&](const Route& route) { return route.gateway == 0 && route.to.prefix != 0 && route.to.contains(address); });
}

std::string range_of(const Appliance& appliance, const Answers& answers) { return answers.lan.range.value_or(appliance.lan.balancer.range); }

void check_range(const PlanInput& input, const LanSite& site, const Range& range, Plan& plan) {
  const auto network = parse_network(site.network);
  if (!network) return;  // refused as such
  if (!network->contains(range.first) || !network->contains(range.last)) {
    plan.refusals.push_back(cat("the load balancer's addresses ", site.range, " do not lie in the network ", site.network,
                                ", where people would look for them: answer 'lan.range' with addresses of it, or 'lan.network'"));
    return;
  }
  if (range.size() > k_most) {
    plan.refusals.push_back(cat("the load balancer's addresses ", site.range, " are ", range.size(), ": give at most ", k_most,
                                ", because each is asked whether somebody has it"));
    return;
  }
  for (const auto& [address, whose] : occupied(input, range, *network))
    plan.refusals.push_back(cat("the load balancer cannot have ", site.range, ": ", ipv4_text(address), " is ", whose, "; answer 'lan.range' with addresses that nobody has"));
}

}  // namespace

void plan_balancer_fit(const PlanInput& input, const LanSite& site, Plan& plan) {
  if (site.range.empty()) {
    plan.refusals.emplace_back(
        "the answers do not say which addresses the load balancer may give away: give some of the people's network that nobody has, and that no "
        "DHCP server gives away, as 'lan.range', like 192.0.2.240-192.0.2.250");
    return;
  }
  const auto range = parse_range(site.range);
  if (!range) {
    plan.refusals.push_back(cat("the load balancer's addresses ", site.range, " end before they begin: answer 'lan.range'"));
    return;
  }
  check_range(input, site, *range, plan);
  const auto domain = parse_ipv4(site.names.address);
  if (domain && !range->has(*domain) && site.names.address != site.address)
    plan.refusals.push_back(cat("'lan.address' ", site.names.address, " is neither this machine's address nor one of the load balancer's, ",
                                site.range, ": nothing would answer there"));
}

std::vector<std::string> balancer_addresses(const Appliance& appliance, const Answers& answers, const Facts& facts) {
  if (!appliance.lan.enabled || !appliance.lan.balancer.enabled || facts.installed) return {};
  const auto range = parse_range(range_of(appliance, answers));
  if (!range || range->size() > k_most) return {};
  std::vector<std::string> addresses;
  for (std::uint64_t i = 0; i < range->size(); ++i) {
    const std::uint32_t address = range->first + static_cast<std::uint32_t>(i);
    if (is_on_a_wire(facts.node, address)) addresses.push_back(ipv4_text(address));
  }
  return addresses;
}

}  // namespace rootcellar
