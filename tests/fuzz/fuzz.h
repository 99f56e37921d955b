// What every harness shares: the entry that libFuzzer and replay.cpp call, and a check that ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bundle/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace rootcellar::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// Runs `action`; a refusal of the input is fine, everything else that is thrown ends the program.
template <typename Action>
void allowing_refusal(Action&& action) {
  try {
    action();
  } catch (const InputError&) {
  }
}

}  // namespace rootcellar::fuzz
