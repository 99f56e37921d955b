// A host with no route out: a distribution's root booted by systemd-nspawn in its own network, cgroups and data directories.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/appliance.h"
#include "bundle/base/process.h"
#include "bundle/base/progress.h"

namespace rootcellar {

struct SealedHostOptions {
  std::string name;                         ///< unique on this machine, [a-z0-9-]{1,12}
  TargetRelease target;
  std::string architecture;
  std::string work;                         ///< folder for the root's overlay, data directories, logs
  std::string root;                         ///< cached root folder, from make_root()
  std::vector<std::pair<std::string, std::string>> read_only_binds;  ///< host path -> path inside
  std::vector<std::pair<std::string, std::string>> binds;
};

/// What the namespace behind the host's only default route has counted.
struct SealCount {
  std::uint64_t packets = 0;
  std::vector<std::string> lines;  ///< "udp 10.x -> 192.0.2.53:53 dns deb.debian.org", newest last, bounded
};

class SealedHost {
 public:
  explicit SealedHost(SealedHostOptions options);
  ~SealedHost();  ///< stops it and removes what it made, unless keep()
  SealedHost(const SealedHost&) = delete;

  void boot();      ///< returns when systemd says running or degraded
  void reboot();
  void shutdown();
  /// Runs argv inside (nsenter), as root.
  ProcessResult run(const std::vector<std::string>& argv, std::uint64_t time_limit, const std::function<void(std::string_view)>& on_line = {});
  SealCount seal_count();
  void reset_seal_count();
  void keep();
  const std::string& name() const;
  std::string network_namespace() const;  ///< to join other hosts to its LAN
  std::string address() const;            ///< on the veth

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A root folder of the release from the machine's own package sources by mmdebstrap (systemd as init), cached. Returns its path.
std::string make_root(const TargetRelease& target, const std::string& architecture, const std::vector<std::string>& extra_packages, const std::string& cache_root, Progress& progress);

}  // namespace rootcellar
