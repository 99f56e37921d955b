#include "installer/plan/lan_page.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_answers = "answers.";

std::vector<TemplateValue> page_values(const PlanInput& input) {
  std::vector<TemplateValue> values = lan_values(input);
  for (const auto& [name, value] : input.answers.values) values.push_back({cat(k_answers, name), value});
  return values;
}

std::optional<std::string> value_of(const std::vector<TemplateValue>& values, std::string_view name) {
  const auto found = std::find_if(values.begin(), values.end(), [&](const TemplateValue& value) { return value.name == name; });
  return found == values.end() ? std::nullopt : std::optional(found->value);
}

/// A page that is made of these is filled in once more, with fingerprints: what a person wrote is no place for them.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("${")) out += '$';
    out += text[at];
  }
  return out;
}

std::string filled(const std::string& text, const std::vector<TemplateValue>& values) {
  return plain(render_template(
      text, [&](std::string_view name) { return value_of(values, name).value_or(""); }, "a link"));
}

template <typename Each>
void for_each_reference(const PlanInput& input, const Each& each) {
  for (const LanLink& link : input.appliance().lan.links) {
    const std::string what = cat("link '", link.title, "'");
    for (const std::string& text : {link.title, link.url, link.text}) {
      for (const TemplateReference& reference : template_references(text, what)) each(reference, what);
    }
  }
}

}  // namespace

void complete_page(const PlanInput& input, const LanSite& site, PortalPage& page) {
  const std::vector<TemplateValue> values = page_values(input);
  page.title = plain(page.title);
  page.links.clear();
  for (const LanLink& link : input.appliance().lan.links)
    page.links.push_back({filled(link.title, values), filled(link.url, values), filled(link.text, values)});
  page.admin = plain(input.answers.lan.admin.value_or(""));
  page.bundle = cat(input.header.product, " (", input.header.variant, "), serial ", input.header.serial);
  page.signers = input.facts.signers;
  page.zone = !site.nameserver;
}

void check_page(const PlanInput& input, Plan& plan) {
  const std::vector<TemplateValue> values = page_values(input);
  std::vector<std::string> told;
  for_each_reference(input, [&](const TemplateReference& reference, const std::string& what) {
    const bool known = value_of(values, reference.name) && reference.name == value_name(reference);
    if (known || std::find(told.begin(), told.end(), value_name(reference)) != told.end()) return;
    told.push_back(value_name(reference));
    if (reference.name.starts_with(k_answers) && reference.name == value_name(reference)) {
      plan.refusals.push_back(cat("the appliance asks for '", reference.name.substr(k_answers.size()), "' (", what,
                                  "), and nobody says what it is: answer it below 'values'"));
    } else {
      plan.refusals.push_back(cat("the page cannot show '${", value_name(reference), "}' (", what, ")"));
    }
  });
}

std::vector<std::string> answers_of_links(const PlanInput& input) {
  std::vector<std::string> names;
  for_each_reference(input, [&](const TemplateReference& reference, const std::string&) {
    if (!reference.name.starts_with(k_answers)) return;
    std::string name = reference.name.substr(k_answers.size());
    if (!input.answers.values.contains(name) && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  });
  return names;
}

std::string records_zone(const LanNames& names, const Header& header) {
  return zone_file(names, static_cast<std::uint32_t>(std::max<std::int64_t>(header.created, 1)));
}

void plan_health(Plan& plan) {
  const std::string service = "/etc/systemd/system/rootcellar-health.service", timer = "/etc/systemd/system/rootcellar-health.timer";
  const std::string folder(k_health_folder);
  add_step(plan, "health-unit", cat("write ", service), "The page shows how the appliance's parts are.",
           WriteFile{service,
                     cat("[Unit]\nDescription=Look at the installed appliance, for its page\nAfter=rootcellar-portal.service\nConditionPathIsDirectory=", folder,
                         "\n\n[Service]\nType=oneshot\nExecStart=/usr/local/sbin/rootcellar-install health --quiet --page ", folder,
                         "/health.json\nTimeoutStartSec=50\nNice=10\nNoNewPrivileges=yes\nProtectSystem=strict\nReadWritePaths=/run\n"
                         "ProtectHome=yes\nPrivateTmp=yes\nProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\n"
                         "RestrictNamespaces=yes\nRestrictRealtime=yes\nLockPersonality=yes\nSystemCallArchitectures=native\n"),
                     0644,
                     {}});
  // By the calendar: a look that was left out, with the page's server down, must not be the last.
  add_step(plan, "health-timer-file", cat("write ", timer), "Parts fail and recover at any time.",
           WriteFile{timer,
                     "[Unit]\nDescription=Look at the installed appliance every minute, for its page\n\n[Timer]\nOnActiveSec=1s\n"
                     "OnCalendar=minutely\nAccuracySec=5s\n\n[Install]\nWantedBy=timers.target\n",
                     0644,
                     {}});
  add_step(plan, "health-timer", "enable and start rootcellar-health.timer", "It looks every minute.",
           SetUnit{"rootcellar-health.timer", true, true, true, {service, timer}});
}

void plan_start_page(const PlanInput& input, Plan& plan) {
  const std::string folder = "/var/www", inner = "/var/www/html", file = "/var/www/html/index.nginx-debian.html", id = "nginx-start-page";
  if (!input.appliance().lan.enabled || !make_lan_site(input).portal) return;
  const auto is_ours = [&](const Step& step) { return step.id == id; };
  const auto* installed = input.facts.installed ? &input.facts.installed->steps : nullptr;
  const bool ours = installed != nullptr && std::any_of(installed->begin(), installed->end(), is_ours);
  if (input.facts.packages.contains("nginx-common") && !ours) return;
  const char* reason = "The package nginx puts a page there and leaves it for good; it leaves alone what is there already, and this goes with the appliance.";
  for (const std::string& path : {folder, inner})
    add_step(plan, cat(id, "-", step_slug(path)), cat("make directory ", path), reason, MakeDirectory{path, 0755, {}, false});
  add_step(plan, id, cat("write ", file), reason, WriteFile{file, "The appliance's page is not served from here.\n", 0644, {}});
}

}  // namespace rootcellar
