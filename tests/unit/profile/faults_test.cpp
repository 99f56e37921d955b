// Every fault a profile can have, as whole text: tests/golden/profile/NAME.yaml beside NAME.txt.
#include <gtest/gtest.h>

#include <algorithm>

#include "builder/profile/profile.h"
#include "bundle/base/text.h"
#include "tests/support/golden.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_folder = RC_SOURCE_DIR "/tests/golden/profile/";

/// The machine's path to the repository is not part of the text.
std::string without_folder(std::string text) {
  for (std::size_t at = text.find(k_folder); at != std::string::npos; at = text.find(k_folder, at)) text.erase(at, k_folder.size());
  return text;
}

/// What a person sees when `action` fails.
template <typename Action>
std::string shown(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return without_folder(cat("exit ", static_cast<int>(error.code()), "\n", render_error(error)));
  }
  return "no error\n";
}

std::string golden_file(std::string_view name) { return cat(k_folder, name, ".yaml"); }

class Faults : public testing::TestWithParam<const char*> {};

TEST_P(Faults, AreToldTogetherWithPlaces) {
  const std::string name = GetParam();
  test::expect_golden(cat("profile/", name, ".txt"), shown([&] { lint_profile(golden_file(name)); }));
}

INSTANTIATE_TEST_SUITE_P(Profile, Faults,
                         testing::Values("unknown-keys", "wrong-types", "wrong-values", "references", "registry-image", "variables",
                                         "cluster-values", "cluster-references", "existing", "storage-values", "storage-references", "storage-image", "trust", "trust-alone",
                                         "duplicate-keys", "format", "empty", "a-list", "includes", "variants"),
                         [](const auto& chosen) {
                           std::string name = chosen.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Loading, RefusesWhatTheProfileDoesNotHave) {
  const auto load = [](ProfileOptions options) { return shown([&] { load_profile(golden_file("whole"), options); }); };
  EXPECT_EQ(load({.variant = "gpuu", .architecture = "amd64", .set = {}}),
            "exit 2\nerror: unknown variant 'gpuu': the profile has cpu, gpu\nhint: did you mean 'gpu'?\n");
  EXPECT_EQ(load({.variant = "", .architecture = "arm46", .set = {}}),
            "exit 2\nerror: unknown architecture 'arm46': the profile has amd64, arm64\nhint: did you mean 'arm64'?\n");
  EXPECT_EQ(load({.variant = "", .architecture = "amd64", .set = {{"wbe", "2"}}}),
            "exit 2\nerror: cannot set 'wbe': no such variable\nhint: did you mean 'web'?\n");
  EXPECT_EQ(load({.variant = "", .architecture = "amd64", .set = {{"registry", "2"}}}),
            "exit 2\nerror: cannot set 'registry': no such variable\nhint: declared are: days, web\n");
}

TEST(Loading, SaysThatAProfileIsNotThere) {
  EXPECT_EQ(shown([] { load_profile(golden_file("not-there"), {}); }),
            "exit 5\nerror: cannot open 'not-there.yaml': No such file or directory\n");
}

}  // namespace
}  // namespace rootcellar
