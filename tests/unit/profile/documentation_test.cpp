// docs/profile.md names every key the reader knows, and no other.
#include <gtest/gtest.h>

#include <algorithm>

#include "builder/profile/profile_keys.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// First cells of table rows: "| `packages.install.name` | ... |".
std::vector<std::string> documented_keys(std::string_view text) {
  std::vector<std::string> keys;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with("| `")) continue;
    const std::string_view rest = line.substr(3);
    keys.emplace_back(rest.substr(0, rest.find('`')));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

TEST(Documentation, KnowsTheReadersKeys) {
  EXPECT_EQ(documented_keys(read_file(RC_SOURCE_DIR "/docs/profile.md", std::size_t{1} << 20)), known_profile_keys());
}

}  // namespace
}  // namespace rootcellar
