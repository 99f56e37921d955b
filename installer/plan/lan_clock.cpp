// The steps that give a site one time: right after the packages, since certificates and tickets are judged by it.
#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/lan_site.h"
#include "installer/plan/lan_time.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_config = "/etc/chrony/rootcellar.conf";
constexpr std::string_view k_unit = "rootcellar-time.service";
constexpr std::string_view k_folder = "/var/lib/rootcellar-time";
constexpr std::string_view k_seen = "/var/lib/rootcellar-time/seen";
constexpr std::string_view k_program = "/usr/local/sbin/rootcellar-clock";
constexpr std::string_view k_floor_reason = "A machine whose battery is empty would begin each boot years ago.";

std::string unit_path(std::string_view unit) { return cat("/etc/systemd/system/", unit); }

void add_file(Plan& plan, std::string_view id, std::string_view path, std::string text, std::string_view reason, unsigned mode = 0644) {
  add_step(plan, std::string(id), cat("write ", path), std::string(reason), WriteFile{std::string(path), std::move(text), mode, {}});
}

void plan_floor(Plan& plan) {
  constexpr std::string_view k_clock = "rootcellar-clock.service", k_note = "rootcellar-clock-note.service",
                             k_timer = "rootcellar-clock-note.timer";
  add_step(plan, "clock-directory", cat("make directory ", k_folder), std::string(k_floor_reason),
           MakeDirectory{std::string(k_folder), 0755, {}, false});
  add_file(plan, "clock-seen", k_seen, "The time of this file is the last that this machine has seen.\n", k_floor_reason);
  add_file(plan, "clock-program", k_program, clock_program(k_seen), k_floor_reason, 0755);
  add_file(plan, "clock-unit", unit_path(k_clock), clock_service(k_program, k_folder), k_floor_reason);
  add_file(plan, "clock-note-unit", unit_path(k_note), clock_note_service(k_program), k_floor_reason);
  add_file(plan, "clock-timer-unit", unit_path(k_timer), clock_note_timer(), k_floor_reason);
  const std::string program(k_program);
  add_step(plan, "clock-service", cat("enable and start ", k_clock), std::string(k_floor_reason),
           SetUnit{std::string(k_clock), true, true, true, {unit_path(k_clock), program}});
  add_step(plan, "clock-timer", cat("enable and start ", k_timer), std::string(k_floor_reason),
           SetUnit{std::string(k_timer), true, true, true, {unit_path(k_timer), unit_path(k_note), program}});
}

std::string configuration(const PlanInput& input, const LanSite& site) {
  if (input.join != nullptr) return time_client_configuration({input.join->address});
  std::vector<std::string> ranges = {site.network};
  const std::string own = network_of(input.facts.node, site.address);
  if (!own.empty() && own != site.network) ranges.push_back(own);
  return time_server_configuration(ranges);
}

/// chronyc(1). Its own clock is no time to be waited for.
Check time_check(const JoinTicket* join) {
  if (join == nullptr) return {"the time is served", "run", {"/usr/bin/chronyc", "-n", "tracking"}, "", "7F7F0101", 30};
  return {cat("this machine has the time of ", join->address), "run", {"/usr/bin/chronyc", "-n", "waitsync", "60", "0", "0", "1"}, "", "", 120};
}

void plan_service(const PlanInput& input, const LanSite& site, Plan& plan) {
  const bool first = input.join == nullptr;
  const std::string unit(k_unit), config(k_config);
  add_step(plan, "time-packaged-service", "keep chrony.service down", "The package's own asks servers in the internet.",
           SetUnit{"chrony.service", false, false});
  add_file(plan, "time-config", k_config, configuration(input, site), "Certificates and tickets are judged by time: all machines must have the same.");
  add_file(plan, "time-unit", unit_path(unit), time_service(config, !input.facts.node.container.empty()),
           first ? "It serves this machine's time to the site." : "It follows the first node's time.");
  add_step(plan, "time-service", cat("enable and start ", unit), first ? "It serves this machine's time to the site." : "It follows the first node's time.",
           SetUnit{unit, true, true, true, {unit_path(unit), config}});
  add_step(plan, "time-answers", first ? "check: this machine's clock is the site's" : cat("wait until this machine has the time of ", input.join->address),
           "What comes next is judged by it.", RunCheck{time_check(input.join)});
  if (first) plan.ports.push_back({"0.0.0.0", 123, "time of the site (chrony)", 0, "udp"});
}

bool is_installed(const Facts& facts, const std::string& name) {
  const auto found = facts.packages.find(name);
  return found != facts.packages.end() && found->second.state == "installed";
}

}  // namespace

void plan_lan_time_fit(const PlanInput& input, Plan& plan) {
  const LanSection& lan = input.appliance().lan;
  if (!lan.enabled || !lan.time || input.answers.lan.time == false) return;
  const std::vector<std::string> asked = input.asked_packages();
  if (std::find(asked.begin(), asked.end(), "chrony") == asked.end()) return;
  if (is_installed(input.facts, "chrony")) {
    if (!input.facts.installed) plan.cautions.emplace_back("chrony is here already: its own service stands still until uninstall, and its configuration stays");
    return;
  }
  for (const char* name : {"systemd-timesyncd", "ntp", "ntpsec", "openntpd"}) {
    if (!is_installed(input.facts, name)) continue;
    plan.refusals.push_back(cat("package ", name, " is here, and chrony, which keeps the site's time, cannot be beside it: take it out with 'apt-get remove ",
                                name, "', or answer 'lan.time: false'"));
  }
}

void plan_lan_time(const PlanInput& input, Plan& plan) {
  if (!input.appliance().lan.enabled) return;
  const LanSite site = make_lan_site(input);
  if (!site.time || (input.join == nullptr && !site.ready())) return;
  if (input.facts.node.container.empty()) plan_floor(plan);
  plan_service(input, site, plan);
}

}  // namespace rootcellar
