// What an action throws, for tests that compare whole messages.
#pragma once

#include <string>

#include "bundle/base/error.h"

namespace rootcellar::test {

/// The text an action's error is shown as; "no error\n" when there is none.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return render_error(error);
  }
  return "no error\n";
}

/// The error's message alone, and its hint when asked for; "no error" when there is none.
template <typename Action>
std::string message_of(Action&& action, std::string* hint = nullptr) {
  try {
    action();
  } catch (const Error& error) {
    if (hint) *hint = error.hint();
    return error.message();
  }
  return "no error";
}

}  // namespace rootcellar::test
