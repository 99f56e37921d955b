// A machine in memory at a site that has a registry and a cluster: models of skopeo and of that cluster, over files.
#pragma once

#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {

inline constexpr const char* k_site_registry = "/fake/site-registry";  ///< a file for each name, with the manifest it has
inline constexpr const char* k_bad_node = "/fake/bad-node";            ///< while it is there, node two pulls nothing

void set_up_site_machine(MemoryHost& host);
Bundle site_bundle(const std::string& directory);
/// The page's image is another one under the same tag.
Bundle next_site_bundle(const std::string& directory);
/// Every kind of step that uses what the site has.
std::vector<Step> site_plan();
std::vector<Step> next_site_plan(const Bundle& next);

}  // namespace rootcellar::test
