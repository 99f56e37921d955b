#include <gtest/gtest.h>

#include <algorithm>

#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

ProgramSearch machine_with(std::vector<std::string> programs) {
  return [programs](std::string_view name) -> std::optional<std::string> {
    if (std::find(programs.begin(), programs.end(), name) == programs.end()) return std::nullopt;
    return cat("/usr/bin/", name);
  };
}

std::string error_of(bool root, const ProgramSearch& search) {
  try {
    return require_recipe_tools("docker.io/lab/page:1", root, search);
  } catch (const HostError& error) {
    return render_error(error);
  }
}

TEST(RecipeTools, AreNamedWhenTheyAreNotThere) {
  EXPECT_EQ(error_of(true, machine_with({})),
            "error: cannot make the image 'docker.io/lab/page:1': 'mmdebstrap' is not installed\nhint: apt-get install mmdebstrap\n");
  EXPECT_EQ(error_of(false, machine_with({"mmdebstrap"})),
            "error: cannot make the image 'docker.io/lab/page:1': an ordinary user needs 'newuidmap', which is not installed\n"
            "hint: apt-get install uidmap, or lock and build as root\n");
}

TEST(RecipeTools, AreEnough) {
  EXPECT_EQ(error_of(true, machine_with({"mmdebstrap"})), "/usr/bin/mmdebstrap");
  EXPECT_EQ(error_of(false, machine_with({"mmdebstrap", "newuidmap"})), "/usr/bin/mmdebstrap");
}

}  // namespace
}  // namespace rootcellar
