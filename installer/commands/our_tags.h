// Which tags in a registry's storage are bundles', and which are people's.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "bundle/index.h"
#include "installer/run/runner.h"

namespace rootcellar {

/// "library/nginx:1.22": tags of `index` that are in the storage at `root` and point to something that neither `index`, nor `before` (the
/// installed bundle's index; may be nullptr), nor a registry step of `open` has put there. Sorted.
std::vector<std::string> pushed_over_tags(const Index& index, const Index* before, const std::vector<OpenStep>& open,
                                          const std::string& root, HostSystem& host);

/// "library/nginx:1.22 sha256:..." for all that registry steps of `open` put into a registry.
std::set<std::string> tags_of_steps(const std::vector<OpenStep>& open);

}  // namespace rootcellar
