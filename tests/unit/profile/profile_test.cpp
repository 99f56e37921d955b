#include "builder/profile/profile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

const std::string k_whole = RC_SOURCE_DIR "/tests/golden/profile/whole.yaml";

Profile load(const std::string& variant, std::vector<std::pair<std::string, std::string>> set = {}) {
  return load_profile(k_whole, {.variant = variant, .architecture = "amd64", .set = std::move(set)});
}

TEST(Profile, HoldsWhatItsFilesSay) {
  const Profile profile = load("");
  EXPECT_EQ(profile.product, "sample");
  EXPECT_EQ(profile.title, "Cost: ${price}");
  EXPECT_EQ(profile.variant, "cpu");
  EXPECT_EQ(profile.architecture, "amd64");
  EXPECT_EQ(profile.target.codename, "bookworm");
  EXPECT_EQ(profile.target.version, "12");
  EXPECT_EQ(profile.expires_after_days, 90U);
  EXPECT_EQ(profile.installer_min, "0.1.0");
  EXPECT_EQ(profile.packages.install, (std::vector<std::string>{"docker.io=20.10*", "docker-registry=2.8.2+ds1-1"}));
  EXPECT_EQ(profile.packages.suites, (std::vector<std::string>{"bookworm", "bookworm-updates"}));
  EXPECT_TRUE(profile.packages.recommends);
  EXPECT_EQ(profile.registry.listen, "[::1]:5001");
  EXPECT_EQ(profile.registry.program, "package:docker-registry");
  EXPECT_TRUE(profile.registry.enabled);
  EXPECT_EQ(profile.runtime.kind, "docker");
  EXPECT_EQ(profile.runtime.log_max_files, 5U);
  EXPECT_EQ(profile.runtime.preload, std::vector<std::string>{"docker.io/library/nginx:1.22"});
}

TEST(Profile, ReadsFiles) {
  const Profile profile = load("cpu");
  ASSERT_EQ(profile.files.size(), 1U);
  const ProfileFile& file = profile.files[0];
  EXPECT_EQ(file.content.resolved_path, "stacks/content.txt");
  EXPECT_EQ(file.destination, "/opt/notes.txt");
  EXPECT_EQ(file.mode, 0600U);
  EXPECT_EQ(file.owner, "lab");
  EXPECT_EQ(file.group, "1000");
  EXPECT_EQ(file.place.line, 41);
}

TEST(Profile, ReadsRecipes) {
  const Profile profile = load("cpu");
  ASSERT_EQ(profile.images.size(), 2U);
  EXPECT_EQ(profile.images[0].name, "nginx:1.22");
  EXPECT_FALSE(profile.images[0].recipe.has_value());
  ASSERT_TRUE(profile.images[1].recipe.has_value());
  const Recipe& recipe = *profile.images[1].recipe;
  EXPECT_EQ(recipe.packages, std::vector<std::string>{"busybox-static"});
  ASSERT_EQ(recipe.files.size(), 3U);
  EXPECT_EQ(recipe.files[0].second.text, "hello");
  EXPECT_EQ(recipe.files[1].second.resolved_path, "stacks/content.txt");
  EXPECT_EQ(recipe.files[2].second.sha256->hex(), std::string(63, '0') + "1");
  EXPECT_EQ(recipe.files[2].second.size, std::optional<std::uint64_t>(5));
  EXPECT_EQ(recipe.modes.at("/srv/a"), 0755U);
  EXPECT_EQ(recipe.environment, std::vector<std::string>{"A=b"});
  EXPECT_EQ(recipe.user, "nobody");
}

TEST(Profile, ReadsChecksOfEveryKind) {
  const Profile profile = load("cpu");
  ASSERT_EQ(profile.checks.size(), 5U);
  EXPECT_EQ(profile.checks[0].argv, (std::vector<std::string>{"/bin/true", "1.22"}));
  EXPECT_EQ(profile.checks[0].time_limit, 5U);
  EXPECT_EQ(profile.checks[1].target, "http://127.0.0.1:5001/v2/");
  EXPECT_EQ(profile.checks[2].target, "nginx:1.22");
  EXPECT_EQ(profile.checks[3].target, "/opt/notes.txt");
  EXPECT_EQ(profile.checks[4].target, "quay.io/x/tools:1");
  EXPECT_EQ(profile.checks[4].argv, (std::vector<std::string>{"sh", "-c", "true"}));
}

TEST(Profile, VariantsOverlay) {
  const Profile profile = load("gpu");
  EXPECT_EQ(profile.title, "from the stack");
  EXPECT_EQ(profile.images[0].name, "nginx:1.24");
  EXPECT_TRUE(profile.runtime.nvidia);
  EXPECT_TRUE(profile.runtime.preload.empty());
  std::vector<std::string> names;
  for (const Check& check : profile.checks) names.push_back(check.name);
  EXPECT_EQ(names, (std::vector<std::string>{"run", "pull", "file", "container"}));
  EXPECT_EQ(profile.checks[2].expect, "gpu");
}

TEST(Profile, SetWinsOverFilesAndVariants) {
  EXPECT_EQ(load("gpu", {{"web", "9"}}).images[0].name, "nginx:9");
  EXPECT_EQ(load("cpu", {{"days", "7"}}).expires_after_days, 7U);
}

TEST(Lint, ChecksEveryVariantAndArchitecture) {
  const LintReport report = lint_profile(k_whole);
  EXPECT_EQ(report.checked, (std::vector<std::string>{"cpu/amd64", "cpu/arm64", "gpu/amd64", "gpu/arm64"}));
  EXPECT_EQ(report.warnings, std::vector<std::string>{});
}

TEST(Lint, WarnsOfWhatIsLikelyToHurt) {
  const std::string folder = RC_SOURCE_DIR "/tests/golden/profile/";
  std::vector<std::string> warnings = lint_profile(folder + "warnings.yaml").warnings;
  for (std::string& warning : warnings) warning.erase(0, warning.starts_with(folder) ? folder.size() : 0);
  EXPECT_EQ(warnings,
            (std::vector<std::string>{
                "warnings.yaml:6:3: variable 'unused' is used nowhere",
                "warnings.yaml:8:5: image 'nginx' has no tag: what it means changes over time; name a version",
                "warnings.yaml:9:5: image 'redis:latest': what 'latest' means changes over time; name a version",
                "warnings.yaml:10:5: image 'bitnami/redis:5.0.5' moved in 2025-08: it is at docker.io/bitnamilegacy/redis today",
                "warnings.yaml:11:5: image 'weaveworks/weave-kube:2.6.5' gets no new versions since 2022-10; stand-in: flannel or Cilium; "
                "the last "
                "release is 2.8.1",
                "warnings.yaml:13:5: file 'x' comes over plain http: its sha256 still guards the content",
                "warnings.yaml:14:44: the registry listens on 0.0.0.0:5000 without TLS or password: everybody on that network can push",
            }));
}

}  // namespace
}  // namespace rootcellar
