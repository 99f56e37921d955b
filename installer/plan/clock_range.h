// Which times a machine's clock can say when a bundle is installed on it: none before the bundle was made.
#pragma once

#include <cstdint>

#include "bundle/header.h"

namespace rootcellar {

inline constexpr std::int64_t k_clock_range = std::int64_t{2} * 366 * 86400;  ///< seconds: two years

inline bool clock_can_be_right(const Header& header, std::int64_t now) {
  return now >= header.created && now <= header.created + k_clock_range;
}

}  // namespace rootcellar
