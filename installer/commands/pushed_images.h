// What people pushed into the registry after the install: it is theirs, and uninstall keeps it.
#pragma once

#include <string>
#include <vector>

#include "bundle/index.h"
#include "installer/host/host_system.h"

namespace rootcellar {

/// "team/tool:1.2" for every tag in the registry's storage at `root` that is not of the bundle, sorted.
std::vector<std::string> pushed_images(HostSystem& host, const std::string& root, const Index& index);

}  // namespace rootcellar
