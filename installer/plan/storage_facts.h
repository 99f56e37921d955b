// What about this machine's disks and exports matters to an appliance that gives folders away or brings data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/appliance.h"
#include "installer/host/host_system.h"

namespace rootcellar {

struct Answers;

/// A line of exports(5) that is not ours.
struct ForeignExport {
  std::string path;
  std::string file;
  bool operator==(const ForeignExport&) const = default;
};

/// What stands at the destination of a data artifact.
struct DataFacts {
  bool is_ours = false;      ///< an install unpacked it here and keeps a record
  bool is_same = false;      ///< the very artifact of this bundle; filled by read_storage_facts for its index
  bool is_changed = false;   ///< people changed what was unpacked
  bool is_occupied = false;  ///< something is there
};

struct StorageFacts {
  bool has_nfsd = false;                ///< the running kernel can serve NFS
  std::vector<ForeignExport> exports;   ///< of /etc/exports and /etc/exports.d
  std::map<std::string, DataFacts> data;      ///< by the artifact's name
  std::map<std::string, bool> turning;        ///< of the paths of roles' disks: whether the disk below turns, where the kernel says
  std::optional<std::uint64_t> root_device;   ///< of /
  std::optional<std::string> existing_nfs;    ///< of the answers: why its server does not answer; empty: it does; nothing: not asked
};

struct Index;
StorageFacts read_storage_facts(HostSystem& host, const Index& index, const Answers& answers, const std::string& state,
                                std::vector<std::string>& unseen);

std::vector<ForeignExport> parse_exports(std::string_view text, const std::string& file);  ///< exports(5)

}  // namespace rootcellar
