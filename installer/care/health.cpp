#include "installer/care/health.h"

#include <algorithm>
#include <map>
#include <optional>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/tools.h"
#include "installer/plan/clock_range.h"
#include "installer/portal/page.h"
#include "installer/run/certificate.h"
#include "installer/run/checks.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_file_limit = std::size_t{1} << 20;
constexpr std::size_t k_longest = 200;
constexpr const char* k_site_certificate = "/etc/rootcellar/site.crt";
constexpr const char* k_page_authority = "/var/lib/rootcellar-portal/ca.crt";
constexpr std::string_view k_asked_for_root = "'rootcellar-install status' says why";

std::vector<std::string> running_units(const std::vector<Step>& steps) {
  std::vector<std::string> units;
  for (const Step& step : steps) {
    const auto* set = std::get_if<SetUnit>(&step.action);
    if (set == nullptr || !set->active || !set->unit.ends_with(".service")) continue;
    if (std::find(units.begin(), units.end(), set->unit) == units.end()) units.push_back(set->unit);
  }
  return units;
}

/// systemctl(1), show: "KEY=VALUE" lines, an empty line between units.
std::vector<std::map<std::string, std::string>> shown_units(std::string_view text) {
  std::vector<std::map<std::string, std::string>> units(1);
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (trim(line).empty() && !units.back().empty()) units.emplace_back();
    if (equals != line.npos) units.back()[std::string(line.substr(0, equals))] = std::string(line.substr(equals + 1));
  }
  if (units.back().empty()) units.pop_back();
  return units;
}

HealthPart part_of(std::map<std::string, std::string> unit) {
  const std::string &about = unit["Description"], &state = unit["ActiveState"];
  const std::string name = about.empty() || about == unit["Id"] ? unit["Id"] : cat(about, " (", unit["Id"], ")");
  if (unit["LoadState"] == "not-found") return {name, false, "it is not there"};
  return {name, state == "active", unit["SubState"].empty() ? state : cat(state, " (", unit["SubState"], ")")};
}

std::optional<HealthDate> date_in(const std::string& path, const std::string& what, HostSystem& host) {
  const auto text = host.read_file(path, k_file_limit);
  const auto certificate = text ? read_certificate(*text) : std::nullopt;
  if (!certificate) return std::nullopt;
  return HealthDate{what, format_time(certificate->expires).substr(0, 10), certificate->expires > host.now()};
}

std::optional<HealthDate> first_of_node(const ClusterReport& report, std::int64_t now) {
  std::int64_t first = 0;
  for (const CertificateDate& date : report.certificates) {
    if (date.expires != 0 && !date.authority && (first == 0 || date.expires < first)) first = date.expires;
  }
  if (first == 0) return std::nullopt;
  return HealthDate{"the cluster's own certificates", format_time(first).substr(0, 10), first > now};
}

/// "lab: pod db: container db: CrashLoopBackOff: ...": without what programs themselves say, which may be anything.
HealthPart pod_part(const std::string& fault) {
  std::vector<std::string> words;
  std::size_t at = 0;
  for (std::size_t end = fault.find(": "); end != fault.npos; end = fault.find(": ", at)) {
    words.push_back(fault.substr(at, end - at));
    at = end + 2;
  }
  words.push_back(fault.substr(at));
  if (words.size() < 3) return {"pods", false, cat("not all are well; ", k_asked_for_root)};
  const bool of_container = words.size() > 3 && words[2].find("container ") != std::string::npos;
  const std::string state = of_container ? cat(words[2], ": ", words[3]) : words[2];
  const bool cut = words.size() > (of_container ? 4u : 3u);
  return {cat(words[0], ": ", words[1]), false, cat(printable(state, k_longest), cut ? cat("; ", k_asked_for_root) : "")};
}

}  // namespace

std::vector<HealthPart> service_health(const std::vector<Step>& steps, HostSystem& host) {
  const std::vector<std::string> units = running_units(steps);
  if (units.empty()) return {};
  std::vector<std::string> argv{std::string(tools::k_systemctl), "show", "--property=Id,Description,LoadState,ActiveState,SubState", "--"};
  argv.insert(argv.end(), units.begin(), units.end());
  const ToolResult result = host.run({.argv = std::move(argv), .time_limit = 10});
  std::vector<HealthPart> parts;
  for (auto& unit : shown_units(result.output)) parts.push_back(part_of(std::move(unit)));
  if (parts.empty()) parts.push_back({"services", false, "systemd does not answer"});
  return parts;
}

std::vector<HealthPart> check_health(const std::vector<Step>& steps, HostSystem& host) {
  std::vector<HealthPart> parts;
  for (const Step& step : steps) {
    const auto* run = std::get_if<RunCheck>(&step.action);
    if (run == nullptr || (run->check.kind != "http" && run->check.kind != "file")) continue;
    Check once = run->check;
    once.time_limit = 0;
    const bool good = !check_fault(once, host, {});
    parts.push_back({once.name, good, good ? "passed" : cat("did not pass; ", k_asked_for_root)});
  }
  return parts;
}

HealthPart clock_health(const Header& header, std::int64_t now) {
  const std::string time = format_time(now);
  if (now < header.created) return {"clock", false, cat(time, ", which is before the bundle was made")};
  if (!clock_can_be_right(header, now)) return {"clock", false, cat(time, ", which is two years after the bundle was made")};
  return {"clock", true, time};
}

std::vector<HealthPart> cluster_health(const ClusterReport& report) {
  std::vector<HealthPart> parts;
  if (!report.silent.empty()) parts.push_back({"cluster", false, cat("it does not answer; ", k_asked_for_root)});
  if (!report.lost_address.empty()) parts.push_back({"address", false, cat("the cluster was made at ", report.lost_address, ", and this machine is there no more")});
  for (const ReleaseLine& release : report.releases) parts.push_back({cat("release ", release.name), release.state == "deployed", release.state});
  for (const std::string& fault : report.faults) {
    parts.push_back(pod_part(fault));
  }
  return parts;
}

std::vector<HealthDate> health_dates(const std::string& domain, const ClusterReport* report, HostSystem& host) {
  std::vector<HealthDate> dates;
  if (auto date = date_in(k_site_certificate, certificate_date_name(domain), host)) dates.push_back(std::move(*date));
  if (auto date = date_in(k_page_authority, "the authority to trust", host)) dates.push_back(std::move(*date));
  if (report == nullptr) return dates;
  if (auto date = first_of_node(*report, host.now())) dates.push_back(std::move(*date));
  return dates;
}

JsonValue health_json(const Health& health) {
  JsonValue parts = JsonValue::array(), dates = JsonValue::array();
  for (const HealthPart& part : health.parts) {
    parts.push(JsonValue::object(
        {{"name", JsonValue::string(part.name)}, {"good", JsonValue::boolean(part.good)}, {"state", JsonValue::string(part.state)}}));
  }
  for (const HealthDate& date : health.dates) {
    dates.push(JsonValue::object(
        {{"what", JsonValue::string(date.what)}, {"day", JsonValue::string(date.day)}, {"good", JsonValue::boolean(date.good)}}));
  }
  return JsonValue::object({{"time", JsonValue::string(format_time(health.time))}, {"parts", std::move(parts)}, {"dates", std::move(dates)}});
}

}  // namespace rootcellar
