// Comparing text with a file of the repository; ROOTCELLAR_ACCEPT=1 rewrites the file, and the change is reviewed like code.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "bundle/base/file.h"

namespace rootcellar::test {

/// Fails with both texts when `text` is not what the file at `path` holds.
inline void expect_text(const std::string& path, const std::string& text) {
  const char* accept = std::getenv("ROOTCELLAR_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1") write_file_atomically(path, text);
  const auto expected = read_file_if_exists(path, std::size_t{16} << 20);
  ASSERT_TRUE(expected.has_value()) << path << " is missing; run with ROOTCELLAR_ACCEPT=1 and read what it then holds";
  EXPECT_EQ(*expected, text) << "in " << path;
}

/// The same for tests/golden/NAME.
inline void expect_golden(const std::string& name, const std::string& text) {
  expect_text(std::string(RC_SOURCE_DIR "/tests/golden/") + name, text);
}

}  // namespace rootcellar::test
