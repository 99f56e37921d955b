// What a sealed host has made on this machine, written down while it is there: a rehearsal that is killed takes nothing away, the next one
// does.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/base/progress.h"

namespace rootcellar {

inline constexpr const char* k_host_records = "/run/rootcellar-hosts";

/// All that outlives the process of a host.
struct HostTraces {
  std::string host;                   ///< its name
  std::vector<std::string> networks;  ///< network namespaces by name
  std::string cgroup;                 ///< a group of this name in every hierarchy
  std::vector<std::string> folders;   ///< with all that is in them
  pid_t process = 0;                  ///< systemd-nspawn; 0: not started
  std::uint64_t process_start = 0;    ///< of it, in ticks since boot (proc(5)): a process number is given away again
};

/// A record that lives as long as the host. Its lock says that the owner lives: the kernel takes it away, however the owner ends.
class HostRecord {
 public:
  HostRecord(const std::string& records, HostTraces traces);
  ~HostRecord();  ///< everything has been taken away, or is kept on purpose
  HostRecord(const HostRecord&) = delete;
  HostRecord& operator=(const HostRecord&) = delete;

  void add_folder(const std::string& folder);
  void set_process(pid_t process);

 private:
  void write() const;

  std::string path_;
  FileLock lock_;
  HostTraces traces_;
};

/// Takes away what hosts left whose process is gone, with a note for each.
void remove_dead_hosts(const std::string& records, Progress& progress);

}  // namespace rootcellar
