// What a host is, as a list of facts, so that "as it was before" can be proven instead of promised.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "builder/rehearse/sealed_host.h"

namespace rootcellar {

/// Facts by name: "package docker.io" -> "ii 20.10.24", "file /etc/hosts" -> mode, owner and digest, "unit ssh.service" -> "enabled".
using HostSnapshot = std::map<std::string, std::string>;

/// Packages, holds, users, groups, units, every file's name (and digest below /etc, /usr/local, /opt, /root), mounts, links, packet filter
/// rules, listening ports. Not looked at: /proc, /sys, /dev, /run, /tmp, the stick.
HostSnapshot take_snapshot(SealedHost& host);
/// Lines "KIND NAME<TAB>VALUE".
HostSnapshot parse_snapshot(std::string_view lines);

/// A difference that an uninstallation may leave, and why.
struct Tolerated {
  const char* pattern;  ///< fnmatch(3) on the fact's name
  const char* reason;
  bool until_boot = false;  ///< the kernel's memory only: gone after the next boot, and then not tolerated
};
const std::vector<Tolerated>& tolerated_differences();

struct SnapshotComparison {
  std::vector<std::string> differences;  ///< "added: file /etc/x", "removed: ...", "changed: ...: OLD -> NEW"
  std::vector<std::string> tolerated;    ///< "REASON: 12, such as added: file /var/log/x"; one line for each reason
};
SnapshotComparison compare_snapshots(const HostSnapshot& before, const HostSnapshot& after, bool booted_since);

}  // namespace rootcellar
