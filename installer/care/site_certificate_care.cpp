#include "installer/care/site_certificate_care.h"

#include <algorithm>

#include "bundle/base/cli.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/cluster_report.h"
#include "installer/pki/authority.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::int64_t k_day = 86400;

const std::string* set_of(const Step& step) {
  if (const auto* issue = std::get_if<IssueCertificate>(&step.action)) return &issue->set;
  const auto* use = std::get_if<UseCertificate>(&step.action);
  return use == nullptr ? nullptr : &use->set;
}

const Step* site_step(const std::vector<Step>& steps) {
  const auto found = std::find_if(steps.begin(), steps.end(), [](const Step& step) { return set_of(step) != nullptr && *set_of(step) == k_site_set; });
  return found == steps.end() ? nullptr : &*found;
}

std::string certificate_path(const std::string& set, const SitePaths& paths) { return path_join(paths.secrets(), certificate_set(set).certificate); }

std::int64_t end_of(const std::string& pem) {
  try {
    return pem.empty() ? 0 : certificate_validity(pem).until;
  } catch (const InputError&) {
    return 0;
  }
}

std::int64_t end_of_file(const std::string& path, HostSystem& host) { return end_of(host.read_file(path, k_limit).value_or("")); }

std::string key_place(const KeptAuthority& kept) {
  switch (kept.key) {
    case KeptAuthority::Key::open: return "on this machine";
    case KeptAuthority::Key::sealed: return "on this machine, under a passphrase";
    case KeptAuthority::Key::moved: return cat("moved to ", kept.moved);
    case KeptAuthority::Key::none: break;
  }
  return "not on this machine: run 'rootcellar-install ca restore'";
}

/// The address that this machine had; empty while it has one of those that the certificate is for, and when its addresses cannot be read.
std::string lost_address(const IssueCertificate& issue, const std::vector<std::string>& own) {
  std::string lost;
  for (const std::string& address : issue.addresses) {
    if (std::find(own.begin(), own.end(), address) != own.end()) return {};
    if (lost.empty() && address != "127.0.0.1") lost = address;
  }
  return own.empty() ? std::string() : lost;
}

std::string left(std::int64_t until, std::int64_t now, std::string_view advice) {
  if (until == 0) return "cannot be read";
  if (until <= now) return cat("expired", advice);
  const std::int64_t days = (until - now) / k_day;
  return cat(days, " days", until - now < k_renewed_before ? advice : "");
}

std::string advice_of(const SiteCertificateReport& report) {
  if (report.brought.empty()) return ": run 'rootcellar-install renew'";
  return cat(": put a newer one into ", report.brought, " and run 'rootcellar-install renew'");
}

}  // namespace

bool has_site_certificate(const std::vector<Step>& steps) { return site_step(steps) != nullptr; }

std::optional<SiteCertificateReport> site_certificate_report(const std::vector<Step>& steps, RunContext& context) {
  const Step* step = site_step(steps);
  if (step == nullptr) return std::nullopt;
  SiteCertificateReport report;
  report.certificate = end_of_file(certificate_path(k_site_set, context.paths), context.host);
  report.addresses = own_addresses(context.host);
  if (const auto* use = std::get_if<UseCertificate>(&step->action)) {
    report.name = use->names.empty() ? "the site" : use->names.front();
    report.brought = use->chain;
    return report;
  }
  const auto& issue = std::get<IssueCertificate>(step->action);
  report.name = issue.names.empty() ? "the site" : issue.names.front();
  report.readdress = !address_in_plan(steps).empty();
  const KeptAuthority kept = kept_authority(k_site_set, context.host, context.paths);
  report.authority = end_of(kept.certificate);
  report.key = key_place(kept);
  report.lost_address = lost_address(issue, report.addresses);
  return report;
}

bool is_good(const SiteCertificateReport& report, std::int64_t now) {
  const bool authority = !report.brought.empty() || report.authority > now;
  return authority && report.certificate > now && report.lost_address.empty();
}

std::string site_certificate_text(const SiteCertificateReport& report, std::int64_t now) {
  const auto time = [](std::int64_t until) { return until == 0 ? std::string("?") : format_time(until); };
  std::vector<std::vector<std::string>> rows{{"site's trust", "good until", "that is"}};
  if (report.brought.empty()) rows.push_back({cat("authority of ", report.name), time(report.authority), left(report.authority, now, ": devices have to be told of another")});
  rows.push_back({cat("certificate of ", report.name), time(report.certificate), left(report.certificate, now, advice_of(report))});
  std::string out = cat("\n", cli::table(rows));
  if (!report.key.empty()) out += cat("the authority's key is ", report.key, "\n");
  if (!report.lost_address.empty()) {
    out += cat("the site's certificate is for ", report.lost_address, ", and this machine is ", join(report.addresses, ", "),
               " now: ", report.readdress ? "run 'rootcellar-install readdress'" : "uninstall and install again; the authority stays", "\n");
  }
  return out;
}

JsonValue site_certificate_json(const SiteCertificateReport& report) {
  const auto time = [](std::int64_t until) { return until == 0 ? JsonValue() : JsonValue::string(format_time(until)); };
  const auto text = [](const std::string& value) { return value.empty() ? JsonValue() : JsonValue::string(value); };
  return JsonValue::object({{"name", JsonValue::string(report.name)},
                            {"authority", time(report.authority)},
                            {"certificate", time(report.certificate)},
                            {"key", text(report.key)},
                            {"brought", text(report.brought)},
                            {"lost_address", text(report.lost_address)}});
}

SiteStepFault site_step_fault(const Step& step, RunContext& context) {
  const std::string* set = set_of(step);
  if (set == nullptr) return {};
  const std::int64_t now = context.host.now(), until = end_of_file(certificate_path(*set, context.paths), context.host);
  const auto* use = std::get_if<UseCertificate>(&step.action);
  if (until == 0) return {};
  if (until <= now) return {cat("it ended on ", format_time(until).substr(0, 10), ": run 'rootcellar-install renew'")};
  if (use != nullptr) return {cat("another than that in ", use->chain, ": run 'rootcellar-install renew'"), true};
  if (until - now >= k_renewed_before) return {};
  return {cat("it ends on ", format_time(until).substr(0, 10), ": run 'rootcellar-install renew' before"), true};
}

std::vector<CertificateDate> site_certificate_dates(const std::vector<Step>& steps, RunContext& context) {
  std::vector<CertificateDate> dates;
  for (const Step& step : steps) {
    if (set_of(step) == nullptr) continue;
    const std::string path = certificate_path(*set_of(step), context.paths);
    dates.push_back({path, end_of_file(path, context.host), false});
  }
  return dates;
}

}  // namespace rootcellar
