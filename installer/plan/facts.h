// What is true about this machine, read once before planning.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "installer/host/host_system.h"

namespace rootcellar {

struct InstalledPackage {
  std::string version;
  std::string state;  ///< dpkg's third status word: "installed", "half-configured", "unpacked", ...
  bool held = false;
};

struct ListeningPort {
  std::uint32_t port = 0;
  std::string address;  ///< "0.0.0.0", "127.0.0.1", "::"
};

/// Facts. What could not be seen (no root) is listed in `unseen`, one sentence each.
struct Facts {
  std::string distribution, version, codename;  ///< /etc/os-release; Debian testing has no VERSION_ID
  std::string architecture;                     ///< Debian's name, from uname -m and dpkg
  std::string machine;                          ///< uname -m
  bool root = false;
  bool systemd = false;                         ///< /run/systemd/system exists
  std::int64_t clock = 0;
  std::map<std::string, InstalledPackage> packages;   ///< /var/lib/dpkg/status
  std::vector<ListeningPort> ports;                   ///< /proc/net/tcp and tcp6
  std::map<std::string, SpaceFacts> space;            ///< by path asked for
  std::optional<std::string> daemon_json;             ///< /etc/docker/daemon.json's text
  std::optional<std::string> docker_unit;             ///< where a docker.service is installed, if any
  std::vector<std::string> users;                     ///< /etc/passwd names
  std::vector<std::string> addresses;                 ///< numeric addresses of this machine
  std::string cgroup;                                 ///< "v1", "hybrid", "v2"
  std::vector<std::string> unseen;
};

Facts read_facts(HostSystem& host, const std::vector<std::string>& space_paths);

}  // namespace rootcellar
