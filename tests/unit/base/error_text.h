// What a failing call says: tests compare whole texts.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "bundle/base/error.h"

namespace rootcellar {

/// The rendered error of `action`; a test failure when it does not throw.
template <typename Action>
std::string error_text(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return render_error(error);
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

}  // namespace rootcellar
