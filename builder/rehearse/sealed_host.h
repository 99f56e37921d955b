// A host with no route out: a distribution's root booted by systemd-nspawn in its own network, control groups and root folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/appliance.h"
#include "bundle/base/process.h"
#include "bundle/base/progress.h"

namespace rootcellar {

class SealedLan;

struct SealedHostOptions {
  std::string name;  ///< unique on this machine, [a-z0-9-]{1,12}
  TargetRelease target;
  std::string architecture;
  std::string
      work;  ///< folder for the host's root and its console log; on a real filesystem, since Docker's overlays do not stack on an overlay
  std::string root;                                                  ///< cached root folder, from make_root(); copied
  std::vector<std::pair<std::string, std::string>> read_only_binds;  ///< host path -> path inside
  std::vector<std::pair<std::string, std::string>> binds;
  SealedLan* lan = nullptr;  ///< of another host, to be its neighbour; null: a LAN of its own
  unsigned number = 2;       ///< last part of its address on the LAN, 2 to 254
  std::string scratch;       ///< a folder around `work` that shall go with the host when its process is killed; may be empty
};

/// What the end of the host's only default route has recorded.
struct SealCount {
  std::uint64_t packets = 0;
  std::vector<std::string> lines;  ///< "udp 10.93.0.2 -> 192.0.2.53:53 dns deb.debian.org", newest last, bounded
};

class SealedHost {
 public:
  /// Copies the root and makes the network; nothing runs yet. HostError when this machine cannot (not root, a program missing).
  explicit SealedHost(SealedHostOptions options);
  ~SealedHost();  ///< stops it and removes what it made, unless keep()
  SealedHost(const SealedHost&) = delete;
  SealedHost& operator=(const SealedHost&) = delete;

  void boot();    ///< returns when systemd says running or degraded
  void reboot();  ///< down in order, then up with nothing but its disk: processes, mounts, network devices and rules are new
  void shutdown();
  /// Everything in it ends at once, as when the plug is pulled; its disk is as it was then. boot() starts it again. What was written and
  /// not synced is still there, unlike on a machine: the kernel is this one's.
  void power_cut();
  /// Runs argv inside (nsenter), as root, with the environment of a login. `time_limit` in seconds, 0: none.
  ProcessResult run(const std::vector<std::string>& argv, std::uint64_t time_limit,
                    const std::function<void(std::string_view)>& on_line = {});
  /// The command line of run(), for who starts it on a terminal; the environment is the caller's.
  std::vector<std::string> command_inside(const std::vector<std::string>& argv) const;
  SealCount seal_count();
  void reset_seal_count();
  void keep();
  const std::string& name() const;
  std::string network_namespace() const;      ///< the LAN's
  std::string own_network_namespace() const;  ///< the host's own, while it is up
  std::string address() const;                ///< on the LAN
  SealedLan& lan() const;
  std::string root_folder() const;    ///< the host's "/" as seen from outside
  std::string console_log() const;    ///< path of what it printed
  std::string enter_command() const;  ///< how a person gets a shell inside

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The packages of a freshly installed server that are named "debian-12-minimal" elsewhere: what `required` and apt bring, and an init
/// system.
const std::vector<std::string>& minimal_root_packages();
/// A root folder of the release from the machine's own package sources by mmdebstrap (systemd as init), cached. Returns its path.
std::string make_root(const TargetRelease& target, const std::string& architecture, const std::vector<std::string>& extra_packages,
                      const std::string& cache_root, Progress& progress);

/// Lays the files and links in `folder` over `root`, in place of those of the same name. Folders that are there keep their owner and mode.
void lay_over_root(const std::string& folder, const std::string& root);

}  // namespace rootcellar
