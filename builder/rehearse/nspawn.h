// systemd-nspawn as a child process: its command line, its start inside given control groups, its container's first process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "builder/rehearse/host_cgroups.h"

namespace rootcellar {

/// The command line that boots `root` as machine `name` in the network namespace `network`. `binds` are complete --bind arguments.
std::vector<std::string> nspawn_arguments(const std::string& name, const std::string& network, const std::string& root,
                                          const std::vector<std::string>& binds);
/// A path for --bind, where a colon separates and a backslash escapes (systemd-nspawn(1)).
std::string escape_bind(const std::string& path);

/// A running systemd-nspawn. Destruction kills it and all its processes.
class NspawnProcess {
 public:
  NspawnProcess() = default;
  ~NspawnProcess() { kill(); }
  NspawnProcess(const NspawnProcess&) = delete;
  NspawnProcess& operator=(const NspawnProcess&) = delete;

  void start(const std::vector<std::string>& argv, const std::string& console, const HostCgroups& cgroups);
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  bool ended();                         ///< true when it is not running any more; collects it
  std::optional<pid_t> leader() const;  ///< the container's process 1, as seen from outside
  void kill() noexcept;
  void detach() { pid_ = -1; }  ///< leaves it running

 private:
  pid_t pid_ = -1;
};

}  // namespace rootcellar
