// A small appliance and the machine it is for, as plain data that each test changes where it matters.
#pragma once

#include <string>

#include "installer/plan/plan.h"

namespace rootcellar::test {

/// "lab", variant cpu, serial 3, for Debian 12 on amd64.
Header sample_header();
/// Packages, a registry, docker with one preloaded image, one file, three checks.
Index sample_index();
/// A fresh Debian 12 with room for everything, seen as root.
Facts sample_facts();
/// The whole text of an error, "no error\n" without one.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return render_error(error);
  }
  return "no error\n";
}

}  // namespace rootcellar::test
