// How the installed appliance is, in few words for everybody: what the page of the lab shows. Nothing secret, and cheap enough for a timer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle/base/json.h"
#include "bundle/header.h"
#include "installer/care/cluster_report.h"

namespace rootcellar {

struct HealthPart {
  std::string name;
  bool good = false;
  std::string state;
  bool operator==(const HealthPart&) const = default;
};

/// Until when something is good.
struct HealthDate {
  std::string what;
  std::string day;  ///< "2027-12-28"
  bool good = false;
  bool operator==(const HealthDate&) const = default;
};

struct Health {
  std::int64_t time = 0;
  std::vector<HealthPart> parts;
  std::vector<HealthDate> dates;
};

/// The services that the steps run, by what systemd says of them, in one question.
std::vector<HealthPart> service_health(const std::vector<Step>& steps, HostSystem& host);
/// Checks that are asked by http or of a file, each once; those that start programs are `status`'s.
std::vector<HealthPart> check_health(const std::vector<Step>& steps, HostSystem& host);
/// A clock before the bundle was made, or two years after it, is wrong.
HealthPart clock_health(const Header& header, std::int64_t now);
/// Releases, pods that are not well, an address that changed.
std::vector<HealthPart> cluster_health(const ClusterReport& report);
/// The site's certificate and authority, and the first of the node's own to end. `report`: nullptr where there is no cluster.
std::vector<HealthDate> health_dates(const std::string& domain, const ClusterReport* report, HostSystem& host);

/// What installer/portal/health.js reads.
JsonValue health_json(const Health& health);

}  // namespace rootcellar
