// Why an appliance cannot have its place on this network, said before anything is touched.
#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/lan_certificate.h"
#include "installer/plan/lan_page.h"
#include "installer/plan/lan_site.h"
#include "installer/plan/trust.h"

namespace rootcellar {
namespace {

/// A port somebody else listens on at this address, or at every address. Loopback's is in nobody's way: systemd-resolved is there.
const ListeningPort* in_the_way(const PlanInput& input, const std::string& address, std::uint64_t port) {
  const auto collides = [&](const ListeningPort& p) {
    const bool every = p.address == "0.0.0.0" || p.address == "::";
    return p.port == port && (every || p.address == address || (address == "0.0.0.0" && !p.address.starts_with("127.") && p.address != "::1"));
  };
  const auto found = std::find_if(input.facts.ports.begin(), input.facts.ports.end(), collides);
  return found == input.facts.ports.end() ? nullptr : &*found;
}

bool ours_already(const PlanInput& input, std::string_view unit) {
  if (!input.facts.installed) return false;
  const auto& steps = input.facts.installed->steps;
  return steps.empty() || std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
           const auto* set = std::get_if<SetUnit>(&step.action);
           return set != nullptr && set->unit == unit;
         });
}

struct Wanted {
  bool here;
  std::string_view unit;
  std::string address;
  std::uint64_t port;
  std::string_view purpose, hint;
};

void check_port(const PlanInput& input, const Wanted& wanted, Plan& plan) {
  if (!wanted.here || ours_already(input, wanted.unit)) return;
  const ListeningPort* other = in_the_way(input, wanted.address, wanted.port);
  if (other == nullptr) return;
  plan.refusals.push_back(cat("port ", wanted.port, " is taken by user ", other->user, " at ", other->address, ": ", wanted.purpose, " needs it; ", wanted.hint));
}

}  // namespace

void plan_lan_fit(const PlanInput& input, Plan& plan) {
  const LanSection& lan = input.appliance().lan;
  if (!lan.enabled) return;
  plan_trust_fit(input, plan);
  if (input.join != nullptr) return;
  const LanSite site = make_lan_site(input);
  if (site.names.domain.empty()) {
    plan.refusals.emplace_back("the answers do not say the site's domain: give the name that people will type as 'lan.domain'; "
                               "where nothing is registered, one that ends with .internal");
  }
  if (site.address.empty()) {
    plan.refusals.emplace_back("this machine has several addresses, or none: say which one people reach it at as 'cluster.address'");
  } else if (site.network.empty()) {
    plan.refusals.push_back(cat("the network of ", site.address, " is not known: say it as 'lan.network', like 192.0.2.0/24"));
  }
  if (lan.balancer.enabled) plan_balancer_fit(input, site, plan);
  plan_certificate_fit(input, site, plan);
  if (site.portal) check_page(input, plan);
  for (const Wanted& wanted :
       {Wanted{site.nameserver, "rootcellar-names.service", site.address, 53, "the site's nameserver", "stop it, or answer 'lan.nameserver: false'"},
        Wanted{site.portal, "rootcellar-portal.service", "0.0.0.0", lan.http_port, "the page", "stop it, or answer 'lan.portal: false'"},
        Wanted{site.portal, "rootcellar-portal.service", "0.0.0.0", lan.https_port, "the page", "stop it, or answer 'lan.portal: false'"}}) {
    check_port(input, wanted, plan);
  }
}

}  // namespace rootcellar
