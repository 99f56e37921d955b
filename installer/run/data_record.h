// What an install remembers of the data it unpacked, so that a later one knows its own things from people's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/base/digest.h"
#include "installer/host/host_system.h"

namespace rootcellar {

struct DataRecord {
  Digest digest;                     ///< of the artifact
  std::string path;                  ///< the folder
  std::vector<std::string> entries;  ///< names in it that are the artifact's, sorted
  std::vector<std::string> former;   ///< while it is put in place: those of the artifact before it
  Digest seal;                       ///< of what stands below `entries`
  bool placing = false;              ///< not all is in place yet
};

std::string data_record_folder(const std::string& state);
/// Nothing when there is none, or it is damaged.
std::optional<DataRecord> read_data_record(HostSystem& host, const std::string& state, const std::string& name);
void write_data_record(HostSystem& host, const std::string& state, const std::string& name, const DataRecord& record);
void remove_data_record(HostSystem& host, const std::string& state, const std::string& name);
void remove_empty_record_folder(HostSystem& host, const std::string& state);

/// The hidden folder in `path` where artifact `name` is unpacked before it is put in place.
std::string data_part(const std::string& path, const std::string& name);
/// Changes when anything below `entries` of `folder` does: names, kinds, sizes, permissions, owners, times, where links lead. No content is
/// read.
Digest seal_of(HostSystem& host, const std::string& folder, const std::vector<std::string>& entries);
/// Data that people took away as a whole is brought again.
bool is_gone(HostSystem& host, const DataRecord& record);
/// Whether people changed what the record tells of.
bool is_changed(HostSystem& host, const DataRecord& record);
/// Names in `path` that keep an artifact from being put there.
std::vector<std::string> in_the_way(HostSystem& host, const std::string& path);

}  // namespace rootcellar
