// The steps that give a site names, trust and a page.
#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/lan_certificate.h"
#include "installer/plan/lan_page.h"
#include "installer/plan/lan_site.h"
#include "installer/plan/lan_web.h"
#include "installer/plan/trust.h"
#include "installer/portal/page.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_settings = "/etc/rootcellar";
constexpr std::string_view k_portal = "/var/lib/rootcellar-portal";
constexpr std::string_view k_units = "/etc/systemd/system/";

std::string secret(const std::string& name) { return cat("${secret.", name, "}\n"); }
std::string capture(const std::string& name) { return cat("${capture.", name, "}"); }
const CertificateSet& site_set() {
  static const CertificateSet set = certificate_set(k_site_set);
  return set;
}

void add_unit(Plan& plan, const std::string& name, const std::string& text, const std::string& reason, std::vector<std::string> watch) {
  const std::string unit = cat("rootcellar-", name, ".service"), path = cat(k_units, unit);
  add_step(plan, cat(name, "-unit"), cat("write ", path), reason, WriteFile{path, text, 0644, {}});
  watch.push_back(path);
  add_step(plan, cat(name, "-service"), cat("enable and start ", unit), reason, SetUnit{unit, true, true, true, std::move(watch)});
}

/// systemd.exec(5): what a small server of the LAN needs, and nothing else.
std::string service(std::string_view what, std::string_view start, std::string_view runtime, std::string_view more) {
  return cat("[Unit]\nDescription=", what, "\nAfter=network-online.target\nWants=network-online.target\n\n[Service]\nExecStart=", start,
             "\nRestart=always\nRestartSec=2\nRuntimeDirectory=", runtime, "\n", more,
             "NoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nProtectKernelTunables=yes\n"
             "ProtectKernelModules=yes\nProtectControlGroups=yes\nRestrictNamespaces=yes\nRestrictRealtime=yes\nLockPersonality=yes\n"
             "SystemCallArchitectures=native\n\n[Install]\nWantedBy=multi-user.target\n");
}

void plan_nameserver(const LanSite& site, Plan& plan) {
  const std::string config = cat(k_settings, "/names.conf");
  add_step(plan, "names-config", cat("write ", config), "The names of the site, for whoever on its network asks this machine.",
           WriteFile{config, dnsmasq_configuration(site.names), 0644, {}});
  add_unit(plan, "names",
           service("Names of the installed appliance",
                   cat("/usr/sbin/dnsmasq --keep-in-foreground --conf-file=", config, " --pid-file=/run/rootcellar-names/pid"),
                   "rootcellar-names",
                   "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_ADMIN CAP_NET_RAW CAP_SETUID CAP_SETGID CAP_CHOWN\n"),
           "It answers for the site's domain and forwards nothing.", {config});
  plan.ports.push_back({site.address, 53, "names of the site (dnsmasq)"});
}

PortalPage page_of(const PlanInput& input, const LanSite& site) {
  PortalPage page;
  page.title = input.appliance().title;
  page.domain = site.names.domain;
  page.address = site.names.address;
  if (brings_certificate(input)) page.trust = is_known_everywhere(input) ? PortalTrust::known_authority : PortalTrust::site_authority;
  page.fingerprint = capture(site_set().fingerprint);
  page.fingerprint_words = capture(site_set().words);
  page.hosts_lines = hosts_lines(site.names);
  if (site.nameserver) page.nameserver = site.address;
  page.dates = {{certificate_date_name(site.names.domain), capture(site_set().end)}};
  page.created = input.header.created;
  complete_page(input, site, page);
  return page;
}

void add_page_file(Plan& plan, std::string_view name, std::string text, std::vector<TemplateValue> values = {}) {
  const std::string path = cat(k_portal, '/', name);
  add_step(plan, cat("portal-", step_slug(name)), cat("write ", path), "It is part of the page for the people of the lab.",
           WriteFilled{path, std::move(text), 0644, std::move(values)});
}

void plan_page(const PlanInput& input, const LanSite& site, Plan& plan) {
  const std::string folder(k_portal), drawing = cat(folder, "/fingerprint.svg");
  add_step(plan, "portal-directory", cat("make directory ", folder), "The page's files lie there.", MakeDirectory{folder, 0755, {}, false});
  add_page_file(plan, "index.html", portal_html(page_of(input, site)));
  add_page_file(plan, "page.css", std::string(portal_css()));
  add_page_file(plan, "health.js", std::string(portal_script()));
  add_page_file(plan, "hosts.txt", hosts_lines(site.names));
  if (!site.nameserver) add_page_file(plan, "zone.txt", records_zone(site.names, input.header));
  if (is_known_everywhere(input)) return;
  add_page_file(plan, "ca.crt", secret(site_set().authority));
  add_page_file(plan, "fingerprint.txt", cat("SHA256:", capture(site_set().fingerprint)));
  add_step(plan, "portal-drawing", cat("draw ", drawing), "A telephone reads the authority's fingerprint from it.",
           DrawCode{drawing, cat("SHA256:", capture(site_set().fingerprint))});
}

void plan_portal(const PlanInput& input, const LanSite& site, Plan& plan) {
  plan_page(input, site, plan);
  const LanSection& lan = input.appliance().lan;
  const std::string config = cat(k_settings, "/portal.conf"), chain = cat(k_settings, "/site.crt"), key = cat(k_settings, "/site.key");
  const PortalServer server{page_addresses(input, site), lan.http_port, lan.https_port, std::string(k_portal), std::string(k_health_folder), chain, key};
  add_step(plan, "portal-packaged-service", "keep nginx.service down", "The package's own would take the same ports.",
           SetUnit{"nginx.service", false, false});
  add_step(plan, "portal-config", cat("write ", config), "Says how the page is served.",
           WriteFile{config, portal_server_configuration(server), 0644, {}});
  add_unit(plan, "portal",
           service("Page of the installed appliance", cat("/usr/sbin/nginx -g 'daemon off;' -c ", config), "rootcellar-portal rootcellar-health",
                   "RuntimeDirectoryPreserve=restart\n"),
           "The page tells the people of the lab where to go and what to trust.",
           {config, chain, key});
  const std::string& at = server.addresses.front();
  plan.ports.push_back({at, static_cast<std::uint32_t>(lan.http_port), "the appliance's page (nginx)"});
  plan.ports.push_back({at, static_cast<std::uint32_t>(lan.https_port), "the same over https"});
}

}  // namespace

void plan_lan_trust(const PlanInput& input, Plan& plan) {
  if (!input.appliance().lan.enabled) return;
  const LanSite site = make_lan_site(input);
  if (!site.ready()) return;
  if (input.join != nullptr) return plan_machine_trust(input, site, plan);
  plan_site_certificate(input, site, plan);
  plan_machine_trust(input, site, plan);
  const std::string chain = cat(k_settings, "/site.crt"), key = cat(k_settings, "/site.key");
  add_step(plan, "site-certificate-file", cat("write ", chain), "Servers of this machine read it.",
           WriteFilled{chain, secret(site_set().certificate), 0644});
  add_step(plan, "site-key-file", cat("write ", key), "Servers of this machine read it as root, before they take another name.",
           WriteFilled{key, secret(site_set().certificate_key)});
}

void plan_lan_services(const PlanInput& input, Plan& plan) {
  if (!input.appliance().lan.enabled) return;
  const LanSite site = make_lan_site(input);
  if (!site.ready()) return;
  if (site.nameserver) plan_nameserver(site, plan);
  plan_mdns(input, site, plan);
  if (!site.portal) return;
  plan_portal(input, site, plan);
  plan_health(plan);
}

}  // namespace rootcellar
