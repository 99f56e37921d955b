// Comparing text with a file under tests/golden; ROOTCELLAR_ACCEPT=1 rewrites the file, and the change is reviewed like code.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "bundle/base/file.h"

namespace rootcellar::test {

/// Fails with both texts when `text` is not what tests/golden/NAME holds.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(RC_SOURCE_DIR "/tests/golden/") + name;
  const char* accept = std::getenv("ROOTCELLAR_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1") write_file_atomically(path, text);
  const auto expected = read_file_if_exists(path, std::size_t{16} << 20);
  ASSERT_TRUE(expected.has_value()) << path << " is missing; run with ROOTCELLAR_ACCEPT=1 and read what it then holds";
  EXPECT_EQ(*expected, text) << "in " << path;
}

}  // namespace rootcellar::test
