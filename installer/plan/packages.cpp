#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/subjects.h"

namespace rootcellar {
namespace {

bool is_there(const Facts& facts, const PackageFile& file) {
  const auto found = facts.packages.find(file.name);
  return found != facts.packages.end() && found->second.state == "installed";
}

std::string count_of(std::size_t number, std::string_view one, std::string_view many) { return cat(number, " ", number == 1 ? one : many); }

void warn_of_unfinished(const Facts& facts, Plan& plan) {
  for (const auto& [name, package] : facts.packages) {
    if (package.state == "installed" || package.state == "triggers-pending" || package.state == "triggers-awaited") continue;
    plan.cautions.push_back(cat("package '", name, "' is ", package.state, ": dpkg finishes it before anything is installed"));
  }
}

/// docker.io's prerm copies this script into docker's data, and its postrm runs it on purge: all volumes would go with the package.
void plan_to_keep_docker_data(const std::vector<PackageFile>& files, Plan& plan) {
  constexpr std::string_view k_script = "/usr/share/docker.io/contrib/nuke-graph-directory.sh";
  constexpr std::string_view k_dpkg_file = "/etc/dpkg/dpkg.cfg.d/rootcellar-docker";
  const bool brought = std::any_of(files.begin(), files.end(), [](const PackageFile& file) { return file.name == "docker.io"; });
  if (!brought) return;
  add_step(plan, "docker-data-guard", cat("write ", k_dpkg_file),
           "Debian's docker.io deletes all volumes when it is purged, by a script that dpkg leaves out now.",
           WriteFile{std::string(k_dpkg_file), cat("path-exclude=", k_script, "\n")});
}

void add_once(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

std::vector<const NodeRole*> own_roles(const PlanInput& input) {
  std::vector<const NodeRole*> roles;
  if (!input.cluster()) return roles;
  const std::vector<std::string> wanted = answered_roles(input).value_or(std::vector<std::string>());
  for (const NodeRole& role : input.appliance().cluster.roles) {
    if (std::find(wanted.begin(), wanted.end(), role.name) != wanted.end()) roles.push_back(&role);
  }
  return roles;
}

/// Where a driver is already it stays, unless earlier installs brought it.
bool wants_driver(const PlanInput& input) {
  const GpuSection& gpu = input.appliance().gpu;
  if (!input.gpu_machine() || gpu.driver != "packages") return false;
  if (input.facts.gpu.driver_version.empty() && input.facts.gpu.module_file.empty()) return true;
  if (!input.facts.installed) return false;
  const std::vector<std::string>& brought = input.facts.installed->packages;
  return std::any_of(gpu.packages.begin(), gpu.packages.end(),
                     [&](const std::string& name) { return std::find(brought.begin(), brought.end(), name) != brought.end(); });
}

}  // namespace

std::vector<std::string> PlanInput::groups() const {
  std::vector<std::string> groups;
  for (const NodeRole* role : own_roles(*this)) {
    if (!role->packages.empty()) groups.push_back(cat("role:", role->name));
  }
  if (wants_driver(*this)) groups.emplace_back("gpu-driver");
  return groups;
}

bool PlanInput::wants_package(const PackageFile& file) const { return needed_by(file, groups()); }

bool PlanInput::has_package(std::string_view name) const {
  const auto here = facts.packages.find(std::string(name));
  if (here != facts.packages.end() && here->second.state == "installed") return true;
  const std::vector<PackageFile>& files = appliance().packages.files;
  return std::any_of(files.begin(), files.end(), [&](const PackageFile& file) { return file.name == name && wants_package(file); });
}

std::vector<std::string> PlanInput::asked_packages() const {
  std::vector<std::string> names = appliance().packages.install;
  for (const NodeRole* role : own_roles(*this)) add_once(names, role->packages);
  if (wants_driver(*this)) add_once(names, appliance().gpu.packages);
  // A site with its own time keeps what keeps it: chrony would be in its way.
  if (appliance().lan.enabled && answers.lan.time == false) std::erase(names, "chrony");
  return names;
}

bool PlanInput::gpu_machine() const {
  const GpuSection& gpu = appliance().gpu;
  if (!gpu.enabled) return false;
  const std::vector<const NodeRole*> roles = own_roles(*this);
  return gpu.role.empty() || std::any_of(roles.begin(), roles.end(), [&](const NodeRole* role) { return role->name == gpu.role; });
}

void plan_packages(const PlanInput& input, Plan& plan) {
  const PackagesSection& packages = input.appliance().packages;
  warn_of_unfinished(input.facts, plan);
  const std::vector<std::string> wanted = input.asked_packages(), groups = input.groups();
  if (wanted.empty()) return;
  std::vector<PackageFile> files;
  std::copy_if(packages.files.begin(), packages.files.end(), std::back_inserter(files),
               [&](const PackageFile& file) { return needed_by(file, groups); });
  const auto fresh = std::count_if(files.begin(), files.end(), [&](const PackageFile& file) { return !is_there(input.facts, file); });
  const std::vector<std::string> renewed = input.renewed_packages();
  std::vector<std::string> asked = wanted;
  add_once(asked, renewed);
  plan_to_keep_docker_data(files, plan);
  add_step(plan, "spool", cat("spool ", count_of(files.size(), "package file", "package files"), " to ", input.layout.spool),
           "apt installs from files; they are removed again when it is done.", SpoolPackages{input.layout.spool, groups});
  const std::string left =
      files.size() == packages.files.size() ? "" : cat(", ", packages.files.size() - files.size(), " others are for other machines");
  add_step(
      plan, "packages", cat("install ", join(wanted, ", ")),
      cat("The appliance runs on them; of the bundle's ", files.size(), " packages ", fresh, " are not on this machine yet", left, "."),
      InstallPackages{input.layout.spool, asked, packages.sources, {"*"}, input.header.architecture, renewed, groups});
  add_step(plan, "spool-remove", cat("remove ", input.layout.spool), "The packages are installed.", RemoveSpool{input.layout.spool});
}

}  // namespace rootcellar
