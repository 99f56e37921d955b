// Debs and apt's index files of a bundle on disk, because apt wants files; removed when apt is done.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/progress.h"
#include "bundle/bundle.h"
#include "installer/host/host_system.h"

namespace rootcellar {

using PackageGroups = std::vector<std::string>;

/// Every file of the bundle below "apt/" that a machine with `groups` may need is at DIRECTORY/apt/... with its size.
bool spool_complete(const Bundle& bundle, const std::string& directory, const PackageGroups& groups, HostSystem& host);
/// Writes what is missing, in one pass over the bundle; durable when it returns.
void fill_spool(Bundle& bundle, const std::string& directory, const PackageGroups& groups, HostSystem& host, unsigned jobs,
                Progress& progress);
/// Bytes of all those files.
std::uint64_t spool_bytes(const Index& index, const PackageGroups& groups);

}  // namespace rootcellar
