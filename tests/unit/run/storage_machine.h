// An appliance that brings data and gives its folder away, and a machine in memory whose kernel serves NFS.
#pragma once

#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {

/// One artifact of two files, a folder and links.
Bundle storage_bundle(const std::string& directory);
/// The same, with one file changed, one gone and one new.
Bundle next_storage_bundle(const std::string& directory);
std::vector<Step> storage_plan();
std::vector<Step> next_storage_plan(const Bundle& next);
void set_up_storage_machine(MemoryHost& host);

}  // namespace rootcellar::test
