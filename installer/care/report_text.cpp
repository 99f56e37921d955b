#include "bundle/base/cli.h"
#include "bundle/base/text.h"
#include "installer/care/cluster_report.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_day = 86400;
constexpr std::int64_t k_soon = 30;  // days

std::string left_of(const CertificateDate& date, std::int64_t now) {
  if (date.expires == 0) return "cannot be read";
  if (date.expires <= now) return "expired: run 'rootcellar-install renew'";
  const std::int64_t days = (date.expires - now) / k_day;
  return cat(days, " days", days < k_soon ? ": run 'rootcellar-install renew' before" : "");
}

std::string releases_table(const std::vector<ReleaseLine>& releases) {
  std::vector<std::vector<std::string>> rows{{"release", "namespace", "chart", "state"}};
  for (const ReleaseLine& release : releases) rows.push_back({release.name, release.space, release.chart, release.state});
  return cat("\n", cli::table(rows));
}

std::string certificates_table(const std::vector<CertificateDate>& dates, std::int64_t now) {
  std::vector<std::vector<std::string>> rows{{"certificate", "good until", "that is"}};
  for (const CertificateDate& date : dates)
    rows.push_back({date.path, date.expires == 0 ? "?" : format_time(date.expires), left_of(date, now)});
  return cat("\n", cli::table(rows));
}

std::string lost_text(const ClusterReport& report) {
  return cat("this machine was ", report.lost_address, " when the cluster was made, and is ",
             report.addresses.empty() ? "at no network" : join(report.addresses, ", "), " now: run 'rootcellar-install readdress'");
}

JsonValue releases_json(const std::vector<ReleaseLine>& releases) {
  JsonValue list = JsonValue::array();
  for (const ReleaseLine& release : releases) {
    list.push(JsonValue::object({{"name", JsonValue::string(release.name)},
                                 {"namespace", JsonValue::string(release.space)},
                                 {"chart", JsonValue::string(release.chart)},
                                 {"state", JsonValue::string(release.state)}}));
  }
  return list;
}

JsonValue certificates_json(const std::vector<CertificateDate>& dates) {
  JsonValue list = JsonValue::array();
  for (const CertificateDate& date : dates) {
    list.push(JsonValue::object({{"path", JsonValue::string(date.path)},
                                 {"expires", date.expires == 0 ? JsonValue() : JsonValue::string(format_time(date.expires))}}));
  }
  return list;
}

}  // namespace

std::string report_text(const ClusterReport& report, std::int64_t now) {
  std::string out;
  if (!report.silent.empty()) out += cat("\nthe cluster does not answer: ", report.silent, "\n");
  if (!report.releases.empty()) out += releases_table(report.releases);
  if (!report.certificates.empty()) out += certificates_table(report.certificates, now);
  if (!report.lost_address.empty()) out += cat("\n", lost_text(report), "\n");
  if (!report.faults.empty()) out += cat("\nnot well:\n  ", join(report.faults, "\n  "), "\n");
  return out;
}

JsonValue report_json(const ClusterReport& report) {
  return JsonValue::object({{"silent", report.silent.empty() ? JsonValue() : JsonValue::string(report.silent)},
                            {"releases", releases_json(report.releases)},
                            {"faults", JsonValue::string_array(report.faults)},
                            {"lost_address", report.lost_address.empty() ? JsonValue() : JsonValue::string(report.lost_address)},
                            {"addresses", JsonValue::string_array(report.addresses)},
                            {"certificates", certificates_json(report.certificates)}});
}

}  // namespace rootcellar
