// A name without any nameserver: HOSTNAME.local, by the distribution's avahi.
#include "bundle/base/text.h"
#include "installer/plan/lan_site.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_service = "/etc/avahi/services/rootcellar.service";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '&') out += "&amp;";
    else if (letter == '<') out += "&lt;";
    else if (letter == '>') out += "&gt;";
    else out.push_back(letter);
  }
  return out;
}

/// avahi.service(5): browsers of the local network list the page by the appliance's title.
std::string announcement(const PlanInput& input) {
  return cat("<?xml version=\"1.0\" standalone='no'?>\n<!DOCTYPE service-group SYSTEM \"avahi-service.dtd\">\n<service-group>\n  <name>",
             escaped(input.appliance().title), "</name>\n  <service>\n    <type>_http._tcp</type>\n    <port>", input.appliance().lan.http_port,
             "</port>\n  </service>\n</service-group>\n");
}

}  // namespace

std::string mdns_name(const PlanInput& input) { return cat(input.facts.node.hostname, ".local"); }

void plan_mdns(const PlanInput& input, const LanSite& site, Plan& plan) {
  if (!site.mdns) return;
  const std::string path(k_service);
  if (site.portal) {
    add_step(plan, "mdns-announcement", cat("write ", path), "The page is found by those who look around on their network.",
             WriteFile{path, announcement(input), 0644, {}});
  }
  add_step(plan, "mdns-service", "enable and start avahi-daemon.service",
           cat("Devices that look for ", mdns_name(input), " find this machine without a nameserver."),
           SetUnit{"avahi-daemon.service", true, true, true, {path}});
  plan.ports.push_back({"0.0.0.0", 5353, "this machine's name on its own network (avahi)"});
}

}  // namespace rootcellar
