// The steps that give a site names, trust and a page.
#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/lan_site.h"
#include "installer/plan/lan_web.h"
#include "installer/portal/page.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_settings = "/etc/rootcellar";
constexpr std::string_view k_host_trust = "/usr/local/share/ca-certificates/rootcellar-site.crt";
constexpr std::string_view k_portal = "/var/lib/rootcellar-portal";
constexpr std::string_view k_health = "/run/rootcellar-health";
constexpr std::string_view k_units = "/etc/systemd/system/";

std::string secret(const std::string& name) { return cat("${secret.", name, "}\n"); }
std::string capture(const std::string& name) { return cat("${capture.", name, "}"); }
const CertificateSet& site_set() {
  static const CertificateSet set = certificate_set(k_site_set);
  return set;
}

ToolCall tool(std::vector<std::string> argv, std::uint64_t time_limit = 60) {
  ToolCall call;
  call.argv = std::move(argv);
  call.time_limit = time_limit;
  return call;
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
  for (const LanLink& link : input.appliance().lan.links) page.links.push_back({link.title, link.url, link.text});
  page.fingerprint = capture(site_set().fingerprint);
  page.fingerprint_words = capture(site_set().words);
  page.hosts_lines = hosts_lines(site.names);
  if (site.nameserver) page.nameserver = site.address;
  page.dates = {{cat("the certificate of ", site.names.domain), capture(site_set().end)}};
  page.bundle = cat(input.header.product, " ", input.header.serial, " (", input.header.variant, ")");
  page.created = input.header.created;
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
  add_page_file(plan, "index.html", portal_html(page_of(input, site)), lan_values(input));
  add_page_file(plan, "page.css", std::string(portal_css()));
  add_page_file(plan, "health.js", std::string(portal_script()));
  add_page_file(plan, "hosts.txt", hosts_lines(site.names));
  add_page_file(plan, "ca.crt", secret(site_set().authority));
  add_page_file(plan, "fingerprint.txt", cat("SHA256:", capture(site_set().fingerprint)));
  add_step(plan, "portal-drawing", cat("draw ", drawing), "A telephone reads the authority's fingerprint from it.",
           DrawCode{drawing, cat("SHA256:", capture(site_set().fingerprint))});
}

void plan_portal(const PlanInput& input, const LanSite& site, Plan& plan) {
  plan_page(input, site, plan);
  const LanSection& lan = input.appliance().lan;
  const std::string config = cat(k_settings, "/portal.conf"), chain = cat(k_settings, "/site.crt"), key = cat(k_settings, "/site.key");
  const PortalServer server{"0.0.0.0", lan.http_port, lan.https_port, std::string(k_portal), std::string(k_health), chain, key};
  add_step(plan, "portal-packaged-service", "keep nginx.service down", "The package's own would take the same ports.",
           SetUnit{"nginx.service", false, false});
  add_step(plan, "portal-config", cat("write ", config), "Says how the page is served.",
           WriteFile{config, portal_server_configuration(server), 0644, {}});
  add_unit(plan, "portal",
           service("Page of the installed appliance", cat("/usr/sbin/nginx -g 'daemon off;' -c ", config), "rootcellar-portal", ""),
           "The page tells the people of the lab where to go and what to trust.",
           {config, chain, key});
  plan.ports.push_back({"0.0.0.0", static_cast<std::uint32_t>(lan.http_port), "the appliance's page (nginx)"});
  plan.ports.push_back({"0.0.0.0", static_cast<std::uint32_t>(lan.https_port), "the same over https"});
}

void plan_authority(const PlanInput& input, const LanSite& site, Plan& plan) {
  add_step(plan, "site-authority", "make the site's certificate authority",
           "Browsers and programs on this site trust what it signs; its key never leaves this machine.",
           MakeAuthority{k_site_set, cat(input.appliance().title, " (", site.names.domain, ")"), site.domains, site.ranges,
                         static_cast<std::uint64_t>(std::max<std::int64_t>(0, input.header.created))});
  add_step(plan, "site-certificate", cat("make the certificate of ", site.names.domain), "The page and the applications are served with it.",
           IssueCertificate{k_site_set, site.certificate_names, site.certificate_addresses});
  const std::string trust(k_host_trust);
  add_step(plan, "site-trust-file", cat("write ", trust), "This machine's own programs trust the site, too.",
           WriteFilled{trust, secret(site_set().authority), 0644});
  RunTool update;
  update.call = tool({"/usr/sbin/update-ca-certificates"}, 300);
  update.undo = tool({"/usr/sbin/update-ca-certificates", "--fresh"}, 300);
  add_step(plan, "site-trust", "tell this machine's trust store", "Programs read the store's own list.", update);
}

}  // namespace

void plan_lan_trust(const PlanInput& input, Plan& plan) {
  if (!input.appliance().lan.enabled || input.join != nullptr) return;
  const LanSite site = make_lan_site(input);
  if (!site.ready()) return;
  plan_authority(input, site, plan);
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
  if (site.portal) plan_portal(input, site, plan);
}

}  // namespace rootcellar
