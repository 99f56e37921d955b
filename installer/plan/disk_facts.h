// The disks of a machine and what is mounted, for who looks before anything is planned.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "installer/host/host_system.h"

namespace rootcellar {

struct Disk {
  std::string name;  ///< "sda"
  std::uint64_t size = 0;
  bool removable = false;
  bool turning = false;
  bool operator==(const Disk&) const = default;
};

struct Mount {
  std::string path;
  std::string device;
  std::string filesystem;
  bool operator==(const Mount&) const = default;
};

/// /sys/block without what has no medium of its own; sorted by name.
std::vector<Disk> read_disks(HostSystem& host);
/// proc_pid_mounts(5): filesystems that hold data, each device at its first place, and what / is whatever it is.
std::vector<Mount> parse_mounts(std::string_view text);

}  // namespace rootcellar
