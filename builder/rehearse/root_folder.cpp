#include <algorithm>

#include "builder/rehearse/root_workshop.h"
#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/tool.h"
#include "builder/source/apt_sources.h"
#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr const char* k_recipe_version = "1";  // changes when the customisation below does, so that old cached roots are not taken
constexpr const char* k_default_keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr std::uint64_t k_time_limit = 1800;

/// The sources of the release among the machine's own, as a sources file for mmdebstrap.
std::string sources_text(const TargetRelease& target) {
  const auto archives = select_archives(read_apt_sources("/etc/apt"), release_suites(target.codename), k_default_keyring);
  if (archives.empty()) {
    throw HostError(cat("cannot make a root of ", target.distribution, " ", target.version, ": expected a package source of '",
                        target.codename, "' in /etc/apt, found none"),
                    cat("add the archive of ", target.codename, " to /etc/apt/sources.list.d"));
  }
  std::vector<std::string> uris;
  for (const AptArchive& archive : archives) uris.push_back(archive.uri);
  return render_sources(archives, uris);
}

/// What makes the copy a host of a rehearsal rather than a copy of this machine: a name server that is off the LAN, so that every look-up
/// is seen; no daily package timers, whose look-ups would be the host's own and not the installation's.
std::vector<std::string> customisation() {
  return {"--customize-hook=printf 'nameserver 192.0.2.53\\noptions timeout:1 attempts:1\\n' > \"$1/etc/resolv.conf\"",
          "--customize-hook=rm -f \"$1/etc/machine-id\" \"$1/etc/hostname\"; : > \"$1/etc/machine-id\"",
          "--customize-hook=for timer in apt-daily apt-daily-upgrade; do ln -sf /dev/null \"$1/etc/systemd/system/$timer.timer\"; done"};
}

std::string cache_key(const TargetRelease& target, const std::string& architecture, const std::vector<std::string>& packages,
                      const std::string& sources) {
  const std::string text = cat(k_recipe_version, "\n", target.codename, "\n", architecture, "\n", join(packages, ","), "\n", sources);
  return cat(target.codename, "-", architecture, "-", sha256(as_bytes(text)).hex().substr(0, 16));
}

std::vector<std::string> mmdebstrap_arguments(const TargetRelease& target, const std::string& architecture,
                                              const std::vector<std::string>& packages, const std::string& folder,
                                              const std::string& sources_file) {
  std::vector<std::string> argv{"mmdebstrap",
                                "--quiet",
                                "--mode=root",
                                "--variant=minbase",
                                "--format=directory",
                                cat("--architectures=", architecture),
                                cat("--include=", join(packages, ","))};
  for (std::string& hook : customisation()) argv.push_back(std::move(hook));
  argv.insert(argv.end(), {target.codename, folder, sources_file});
  return argv;
}

void bootstrap(const TargetRelease& target, const std::string& architecture, const std::vector<std::string>& packages,
               const std::string& sources, RootWorkshop& workshop, const std::string& final_path) {
  const std::string folder = path_join(workshop.folder(), "root"), sources_file = path_join(workshop.folder(), "debian.sources");
  write_file_atomically(sources_file, sources);
  run_confined_tool(mmdebstrap_arguments(target, architecture, packages, folder, sources_file), "mmdebstrap", k_time_limit);
  run_tool({"mv", "--no-target-directory", folder, final_path}, "coreutils");
}

}  // namespace

const std::vector<std::string>& minimal_root_packages() {
  static const std::vector<std::string> packages{"systemd-sysv", "dbus", "iproute2", "kmod", "netbase", "procps"};
  return packages;
}

std::string make_root(const TargetRelease& target, const std::string& architecture, const std::vector<std::string>& extra_packages,
                      const std::string& cache_root, Progress& progress) {
  std::vector<std::string> packages = minimal_root_packages();
  packages.insert(packages.end(), extra_packages.begin(), extra_packages.end());
  const std::string sources = sources_text(target);
  const std::string roots = path_join(cache_root, "roots");
  make_directories(roots);
  remove_dead_workshops(roots, progress);
  const std::string path = path_join(roots, cache_key(target, architecture, packages, sources));
  RootWorkshop workshop(path);
  if (file_status(path)) return path;
  const ProgressTask task(progress, cat("making a root of ", target.distribution, " ", target.version), 0, false);
  bootstrap(target, architecture, packages, sources, workshop, path);
  return path;
}

// A link in the root may lead out of it: what is there is removed, never written through.
void lay_over_root(const std::string& folder, const std::string& root) {
  run_tool({"cp", "-RP", "--remove-destination", cat(folder, "/."), root}, "coreutils", 600);
}

}  // namespace rootcellar
