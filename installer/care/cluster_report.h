// What a cluster says about itself, for `status`: its releases, what does not run and why, and what grows old.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "installer/care/certificate_dates.h"
#include "installer/run/runner.h"

namespace rootcellar {

struct ReleaseLine {
  std::string space, name, chart;
  std::string state;  ///< helm's: "deployed"
};

struct ClusterReport {
  std::string silent;  ///< why the API server did not answer; then releases and faults are not known
  std::vector<ReleaseLine> releases;
  std::vector<std::string> faults;  ///< one sentence for each pod that is not well: "lab: pod web: ..."
  std::string lost_address;         ///< which the cluster was made with and this machine has no more
  std::vector<std::string> addresses;
  std::vector<CertificateDate> certificates;
};

/// This machine's IPv4 addresses without loopback and those of pods' and containers' bridges.
std::vector<std::string> own_addresses(HostSystem& host);

/// The address a node was made with, from the steps of its installation; empty when they make no node.
std::string address_in_plan(const std::vector<Step>& steps);

/// Nothing when `steps` make no node of a cluster here.
std::optional<ClusterReport> cluster_report(const std::vector<Step>& steps, RunContext& context);

/// Everything is as it should be at `now`; pods that are not well, and what cannot be read, are
/// shown and do not count: people's own are among them.
bool is_good(const ClusterReport& report, std::int64_t now);

/// As status prints it: tables and one line for each thing wrong.
std::string report_text(const ClusterReport& report, std::int64_t now);
JsonValue report_json(const ClusterReport& report);

}  // namespace rootcellar
