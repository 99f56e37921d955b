// A backup as one file: a tar archive (POSIX ustar) that any tar can look into, whose last member lists all others with their digests.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bundle/base/digest.h"
#include "bundle/base/io.h"
#include "bundle/base/json.h"
#include "installer/run/restored_cluster.h"

namespace rootcellar {

inline constexpr std::uint64_t k_backup_member_limit = std::uint64_t{8} << 30;  ///< what a size field of ustar holds, and etcd's own limit

class BackupWriter {
 public:
  BackupWriter(Sink& sink, std::int64_t now) : sink_(sink), now_(now) {}
  /// `name`: a relative path of at most 100 bytes. A source of another length than `size` is a SystemError: somebody writes to it.
  void add(const std::string& name, unsigned mode, std::uint64_t size, Source& source);
  /// The manifest, and the end of the archive.
  void finish(const BackupFacts& facts);

 private:
  void write_header(const std::string& name, unsigned mode, std::uint64_t size);
  void pad(std::uint64_t size);

  Sink& sink_;
  std::int64_t now_;
  JsonValue files_ = JsonValue::array();
};

/// Called for every member but the manifest, in the file's order; what it does not read is skipped.
using OnBackupMember = std::function<void(const std::string& name, unsigned mode, Source& content)>;

/// Reads a whole backup. InputError, naming `what`, for anything that is not exactly what BackupWriter wrote: another kind of file, one
/// that was cut, one whose members are not what its manifest says. What `each` was given is only to be believed once this has returned.
BackupFacts read_backup(Source& source, const std::string& what, const OnBackupMember& each);

/// Bytes that members of these sizes take in a backup, without the manifest.
std::uint64_t backup_bytes(const std::vector<std::uint64_t>& sizes);

}  // namespace rootcellar
