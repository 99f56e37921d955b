// A cluster's memory, taken from a backup and lying ready on this machine until an installation brings the cluster up with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bundle/base/json.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {

/// What a backup is of.
struct BackupFacts {
  std::string product, variant;
  std::uint64_t serial = 0;
  std::string bundle;   ///< its id
  std::string node;     ///< the machine's name
  std::string address;  ///< in the cluster
  std::int64_t time = 0;
  bool operator==(const BackupFacts&) const = default;
};
JsonValue encode_backup_facts(const BackupFacts& facts);
/// InputError, naming `what`, for a manifest of another kind or of a later format.
BackupFacts decode_backup_facts(const JsonValue& manifest, const std::string& what);

/// Where it lies: the members of the backup by their names, and manifest.json once all of them are there.
std::string restore_folder(const SitePaths& paths);
/// Nothing when none lies ready.
std::optional<BackupFacts> pending_restore(HostSystem& host, const SitePaths& paths);
/// answers.yaml of a restore that lies ready.
std::optional<std::string> restored_answers(HostSystem& host, const SitePaths& paths);
/// Marks what lies there as complete.
void finish_restore_folder(const BackupFacts& facts, HostSystem& host, const SitePaths& paths);

/// The secrets go where steps look for them.
void put_back_secrets(HostSystem& host, const SitePaths& paths);
/// The cluster's authorities and etcd's data go where kubeadm and etcd look for them; certificates that bear an address are made anew.
/// False when none lies ready. May be called again.
bool put_back_cluster(const ActionScope& scope);
void forget_restore(HostSystem& host, const SitePaths& paths);

}  // namespace rootcellar
