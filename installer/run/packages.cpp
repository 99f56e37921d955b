#include "installer/run/packages.h"

#include <algorithm>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/spool.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr const char* k_updates = "/var/lib/dpkg/updates";
constexpr int k_lock_tries = 120;             // with the pause: ten minutes
constexpr std::uint64_t k_lock_pause = 5000;  // milliseconds

std::vector<DpkgEntry> dpkg_entries(ActionScope& scope) { return parse_dpkg_list(run_or_throw(dpkg_list(), scope).output); }

bool dpkg_unfinished(const std::vector<DpkgEntry>& entries, HostSystem& host) {
  return !host.list(k_updates).empty() || std::any_of(entries.begin(), entries.end(), is_unfinished);
}

bool lock_held(const ToolResult& result) { return result.error_output.find("lock") != std::string::npos; }

void write_source(const InstallPackages& step, ActionScope& scope) {
  const AptPlaces places = apt_places(step.directory);
  for (const std::string& directory : {places.lists + "/partial", places.archives + "/partial"}) scope.host().make_directories(directory);
  scope.host().write_file(places.source_file, apt_source_text(step));
}

HostError cannot_install(const InstallPackages& step, const std::string& reason, const ActionScope& scope) {
  return HostError(cat("cannot install '", join(step.packages, "', '"), "': ", reason), cat("apt's whole output is in ", scope.log()));
}

std::string bare(const std::string& name) { return name.substr(0, name.find(':')); }

// An upgrade renews what earlier bundles brought; what people installed themselves stays at their version.
bool is_outdated(const DpkgEntry& entry, ActionScope& scope) {
  for (const PackageFile& file : scope.bundle().index().appliance.packages.files) {
    if (file.name != bare(entry.name) || file.version == entry.version || entry.version.empty()) continue;
    return run_logged(dpkg_is_older(entry.version, file.version), scope).exit_code == 0;
  }
  return false;
}

// Holds are people's word; ours are lifted by the upgrade that brought them.
void refuse_held_by_people(const InstallPackages& step, const AptForecast& forecast, ActionScope& scope) {
  if (step.ours.empty()) return;
  std::vector<std::string> held;
  for (const DpkgEntry& entry : dpkg_entries(scope)) {
    const std::string name = bare(entry.name);
    const auto is_it = [&](const std::string& other) { return bare(other) == name; };
    const bool changes = std::any_of(forecast.upgraded.begin(), forecast.upgraded.end(), is_it);
    if (entry.held && changes && std::find(step.ours.begin(), step.ours.end(), name) == step.ours.end()) held.push_back(name);
  }
  if (!held.empty())
    throw cannot_install(step, cat("apt would change '", join(held, "', '"), "', which people hold at its version"), scope);
}

// apt reads the archives' whole indexes; the bundle has of them what was solved for this machine's groups.
void refuse_what_is_not_carried(const InstallPackages& step, const AptForecast& forecast, ActionScope& scope) {
  std::set<std::string> carried;
  for (const PackageFile& file : scope.bundle().index().appliance.packages.files) {
    if (needed_by(file, step.groups)) carried.insert(file.name);
  }
  std::vector<std::string> missing;
  for (const std::vector<std::string>* names : {&forecast.fresh, &forecast.upgraded}) {
    std::copy_if(names->begin(), names->end(), std::back_inserter(missing),
                 [&](const std::string& name) { return !carried.contains(bare(name)); });
  }
  if (!missing.empty())
    throw cannot_install(step, cat("apt would take '", join(missing, "', '"), "', which the bundle does not have for this machine"), scope);
}

}  // namespace

bool packages_installed(const InstallPackages& step, ActionScope& scope) {
  const auto entries = dpkg_entries(scope);
  if (dpkg_unfinished(entries, scope.host())) return false;
  std::set<std::string> installed;
  for (const DpkgEntry& entry : entries) {
    const bool ours = std::find(step.ours.begin(), step.ours.end(), bare(entry.name)) != step.ours.end();
    if (entry.state == "installed" && !(ours && is_outdated(entry, scope))) installed.insert(bare(entry.name));
  }
  return std::all_of(step.packages.begin(), step.packages.end(), [&](const std::string& name) { return installed.contains(name); });
}

void read_source(const InstallPackages& step, ActionScope& scope) {
  const bool complete = spool_complete(scope.bundle(), step.directory, step.groups, scope.host());
  // A distribution's index takes apt seconds, and the look ahead has just read it.
  if (complete && scope.context.source_read == step.directory && scope.host().exists(apt_places(step.directory).lists)) return;
  if (!complete) fill_spool(scope.bundle(), step.directory, step.groups, scope.host(), scope.context.jobs, scope.context.progress);
  write_source(step, scope);
  run_or_throw(apt_update(step), scope);
  scope.context.source_read = step.directory;
}

AptForecast forecast_packages(const InstallPackages& step, ActionScope& scope) {
  read_source(step, scope);
  const ToolResult simulated = run_logged(apt_install(step, true), scope);
  if (simulated.exit_code != 0) throw cannot_install(step, apt_reason(simulated.output, simulated.error_output), scope);
  AptForecast forecast = parse_forecast(simulated.output);
  if (!forecast.removed.empty()) throw cannot_install(step, cat("apt would remove '", join(forecast.removed, "', '"), "'"), scope);
  refuse_held_by_people(step, forecast, scope);
  refuse_what_is_not_carried(step, forecast, scope);
  return forecast;
}

void finish_dpkg(ActionScope& scope) {
  if (!dpkg_unfinished(dpkg_entries(scope), scope.host())) return;
  for (int tries = 1;; ++tries) {
    const ToolResult result = run_logged(dpkg_configure_all(), scope);
    // What is half unpacked is no work for configure; apt's install repairs it.
    if (result.exit_code == 0 || !lock_held(result)) return;
    if (tries == k_lock_tries)
      throw SystemError("cannot finish the work of a stopped dpkg: another dpkg is running",
                        "wait for it, then run 'rootcellar-install resume'");
    scope.host().sleep(k_lock_pause);
  }
}

}  // namespace rootcellar
