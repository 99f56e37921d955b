// Every sample in profiles/ and images/ loads, without a warning.
#include <gtest/gtest.h>

#include "builder/profile/catalogue.h"
#include "builder/profile/profile.h"
#include "bundle/base/file.h"

namespace rootcellar {
namespace {

const std::string k_profiles = RC_SOURCE_DIR "/profiles";

TEST(Samples, EveryProfileLoads) {
  std::size_t count = 0;
  for (const std::string& name : list_directory(k_profiles)) {
    if (!name.ends_with(".yaml")) continue;
    ++count;
    const LintReport report = lint_profile(path_join(k_profiles, name));
    EXPECT_EQ(report.warnings, std::vector<std::string>{}) << name;
    EXPECT_FALSE(report.checked.empty()) << name;
  }
  EXPECT_GE(count, 1U);
}

TEST(Samples, TheCatalogueLoads) {
  EXPECT_FALSE(built_in_catalogue().entries().empty());
  const std::string text = read_file(RC_SOURCE_DIR "/images/catalogue.yaml", std::size_t{1} << 20);
  EXPECT_EQ(Catalogue::parse(text, "images/catalogue.yaml").entries().size(), built_in_catalogue().entries().size());
}

TEST(Samples, LabHasItsTwoVariants) {
  EXPECT_EQ(lint_profile(k_profiles + "/lab.yaml").checked, (std::vector<std::string>{"cpu/amd64", "gpu/amd64"}));
  const Profile gpu = load_profile(k_profiles + "/lab.yaml", {.variant = "gpu", .architecture = "amd64", .set = {}});
  EXPECT_TRUE(gpu.runtime.nvidia);
  EXPECT_EQ(gpu.packages.install, (std::vector<std::string>{"apparmor", "docker.io", "docker-registry"}));
}

}  // namespace
}  // namespace rootcellar
