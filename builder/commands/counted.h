// Numbers of things for people: "1 volume", "3 volumes".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bundle/base/text.h"

namespace rootcellar {

inline std::string counted(std::uint64_t number, std::string_view thing) { return cat(number, " ", thing, number == 1 ? "" : "s"); }

}  // namespace rootcellar
