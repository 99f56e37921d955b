// Going on with media that have another folder now, or are not there.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/commands_installer/site_fixture.h"

namespace rootcellar {
namespace {

using test::Site;

/// An installation of two volumes that stopped before its first step: its unit died.
class Stopped : public ::testing::Test {
 protected:
  Stopped() {
    const std::string first = site_.write_bundle({.volume_size = 2 << 20}), second = site_.path("stick2");
    make_directories(second);
    move(list_directory(first).back(), "stick", "stick2");
    const auto runs = std::exchange(site_.unit, [](const std::vector<std::string>&) {});
    EXPECT_EQ(site_.run({"install", first, "--from", second, "--trust", site_.write_key(test::first_key()), "--yes"}).exit_code, 5);
    site_.unit = runs;
  }
  void move(const std::string& name, const std::string& from, const std::string& to) {
    make_directories(site_.path(to));
    std::filesystem::rename(path_join(site_.path(from), name), path_join(site_.path(to), name));
  }
  /// As a desktop does when a stick is plugged in again: its folder is another one, and the old one is gone.
  void move_stick(const std::string& from, const std::string& to) { std::filesystem::rename(site_.path(from), site_.path(to)); }

  Site site_;
};

TEST_F(Stopped, GoesOnWhereTheMediaWere) { EXPECT_EQ(site_.run({"resume"}).exit_code, 0); }

TEST_F(Stopped, OneMediumHasAnotherFolderAndTheOtherIsWhereItWas) {
  move_stick("stick", "elsewhere");
  const auto ran = site_.run({"resume", "--from", site_.path("elsewhere"), "-q"});
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.exit_code, 0);
}

TEST_F(Stopped, WithoutItsMediumItSaysWhichAndHowToGoOn) {
  move_stick("stick", "elsewhere");
  const auto ran = site_.run({"resume", "-q"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(ran.err,
            "warning: 'DIR/stick' is passed over: cannot search 'DIR/stick': it does not exist\n"
            "error: volume 1 of 2 ('lab-cpu-3-amd64.v01.cellar') is in none of the places searched\n"
            "  while put /srv/lab/motd in place\n"
            "hint: attach the medium that holds it and run 'rootcellar-install resume --from FOLDER'\n"
            "1 of 4 steps are done and stay; run 'rootcellar-install resume' to go on\n");
}

}  // namespace
}  // namespace rootcellar
