#include <algorithm>

#include "bundle/base/text.h"
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
void plan_to_keep_docker_data(const PackagesSection& packages, Plan& plan) {
  constexpr std::string_view k_script = "/usr/share/docker.io/contrib/nuke-graph-directory.sh";
  constexpr std::string_view k_dpkg_file = "/etc/dpkg/dpkg.cfg.d/rootcellar-docker";
  const bool brought =
      std::any_of(packages.files.begin(), packages.files.end(), [](const PackageFile& file) { return file.name == "docker.io"; });
  if (!brought) return;
  add_step(plan, "docker-data-guard", cat("write ", k_dpkg_file),
           "Debian's docker.io deletes all volumes when it is purged, by a script that dpkg leaves out now.",
           WriteFile{std::string(k_dpkg_file), cat("path-exclude=", k_script, "\n")});
}

}  // namespace

void plan_packages(const PlanInput& input, Plan& plan) {
  const PackagesSection& packages = input.appliance().packages;
  warn_of_unfinished(input.facts, plan);
  if (packages.install.empty()) return;
  const auto fresh =
      std::count_if(packages.files.begin(), packages.files.end(), [&](const PackageFile& file) { return !is_there(input.facts, file); });
  const std::vector<std::string> renewed = input.renewed_packages();
  std::vector<std::string> asked = packages.install;
  for (const std::string& name : renewed) {
    if (std::find(asked.begin(), asked.end(), name) == asked.end()) asked.push_back(name);
  }
  plan_to_keep_docker_data(packages, plan);
  add_step(plan, "spool", cat("spool ", count_of(packages.files.size(), "package file", "package files"), " to ", input.layout.spool),
           "apt installs from files; they are removed again when it is done.", SpoolPackages{input.layout.spool});
  add_step(plan, "packages", cat("install ", join(packages.install, ", ")),
           cat("The appliance runs on them; of the bundle's ", packages.files.size(), " packages ", fresh, " are not on this machine yet."),
           InstallPackages{input.layout.spool, asked, packages.sources, {"*"}, input.header.architecture, renewed});
  add_step(plan, "spool-remove", cat("remove ", input.layout.spool), "The packages are installed.", RemoveSpool{input.layout.spool});
}

}  // namespace rootcellar
