// Control groups of a host's own, one in every mounted hierarchy, so that two hosts on one machine do not share theirs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/file.h"

namespace rootcellar {

/// A mounted cgroup hierarchy: version 1 (one or more controllers each), or the unified one of version 2.
struct CgroupMount {
  std::string path;
  bool unified = false;
  bool read_only = false;
};
/// From the text of /proc/PID/mountinfo (proc(5)).
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);

/// Makes the group `name` in every hierarchy. systemd-nspawn started inside makes a cgroup namespace, and the host sees the group as its
/// root.
class HostCgroups {
 public:
  explicit HostCgroups(std::string name);
  ~HostCgroups();  ///< remove(), unless keep()
  HostCgroups(const HostCgroups&) = delete;
  HostCgroups& operator=(const HostCgroups&) = delete;

  /// Puts the calling process in. Async-signal-safe, for use after fork(); false on failure.
  bool enter() const noexcept;
  /// Kills what is still inside and removes the groups, those made inside them too.
  void remove() noexcept;
  void keep() { kept_ = true; }

 private:
  std::vector<std::string> groups_;
  std::vector<Fd> entrances_;  ///< cgroup.procs of each, opened before fork()
  bool kept_ = false;
};

/// As HostCgroups::remove(), for groups of this name that nobody owns any more.
void remove_host_cgroups(const std::string& name);

}  // namespace rootcellar
