// This machine, behind the one door.
#pragma once

#include <memory>

#include "installer/host/host_system.h"

namespace rootcellar {

std::unique_ptr<HostSystem> make_real_host();

}  // namespace rootcellar
