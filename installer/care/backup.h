// What a backup of a cluster holds, and how it is taken: etcd stands still while its files are copied, pods run on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "installer/run/restored_cluster.h"

namespace rootcellar {

/// A file of this machine and its name in the backup.
struct BackupSource {
  std::string name;  ///< "etcd/member/wal/0.wal"
  std::string path;
  std::uint64_t size = 0;
  unsigned mode = 0;
};

/// etcd's data, the cluster's keys, the site's answers and the secrets made here; sorted by name.
std::vector<BackupSource> backup_sources(HostSystem& host, const SitePaths& paths);

/// Refuses before anything is touched: a machine that has no etcd, one of several control-plane nodes, a folder that is not there, is
/// read-only, or has too little room. HostError or InputError.
void require_backup_possible(const std::string& folder, const ActionScope& scope);

/// The path of the backup, which is whole when this returns. The kubelet runs again then, and also after a failure.
std::string take_backup(const std::string& folder, const BackupFacts& facts, const ActionScope& scope);

/// Reads a backup through and lays it ready for the next install. Nothing lies ready when it is not whole.
void lay_ready(const std::string& file, const BackupFacts& facts, const ActionScope& scope);
/// The same without laying anything ready, and how much room its members take.
struct CheckedBackup {
  BackupFacts facts;
  std::uint64_t bytes = 0;
};
CheckedBackup check_backup(const std::string& file, HostSystem& host);

}  // namespace rootcellar
