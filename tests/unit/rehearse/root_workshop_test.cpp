#include "builder/rehearse/root_workshop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "bundle/base/text.h"
#include "tests/unit/rehearse/notes.h"

namespace rootcellar {
namespace {

class RootWorkshops : public ::testing::Test {
 protected:
  std::string said() {
    test::Notes notes;
    remove_dead_workshops(roots_.path(), notes);
    return notes.said;
  }
  std::vector<std::string> left() const { return list_directory(roots_.path()); }
  /// As `mmdebstrap` leaves it.
  static void begin(RootWorkshop& workshop) { make_directories(path_join(workshop.folder(), "root/var/lib/dpkg")); }
  void begin_and_be_killed() const {
    RootWorkshop workshop(root_);
    begin(workshop);
    ::raise(SIGKILL);
  }

  TemporaryDirectory roots_{"rc-roots"};
  std::string root_ = path_join(roots_.path(), "bookworm-amd64-1");
};

TEST_F(RootWorkshops, OfOneThatEndsNothingIsLeftButTheLock) {
  {
    RootWorkshop workshop(root_);
    begin(workshop);
    EXPECT_EQ(said(), "");  // its owner lives
    EXPECT_EQ(left(), (std::vector<std::string>{"bookworm-amd64-1.lock", "bookworm-amd64-1.part"}));
  }
  EXPECT_EQ(left(), std::vector<std::string>{"bookworm-amd64-1.lock"});
  EXPECT_EQ(said(), "");
}

TEST_F(RootWorkshops, WhatAKilledOwnerLeftIsTakenAwayAndARootIsNot) {
  make_directories(path_join(roots_.path(), "bookworm-amd64-2/etc"));
  EXPECT_EXIT(begin_and_be_killed(), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(left(), (std::vector<std::string>{"bookworm-amd64-1.lock", "bookworm-amd64-1.part", "bookworm-amd64-2"}));
  EXPECT_EQ(said(), "taken away: the root 'bookworm-amd64-1' that a killed rehearsal had left half made\n");
  EXPECT_EQ(left(), (std::vector<std::string>{"bookworm-amd64-1.lock", "bookworm-amd64-2"}));
}

TEST_F(RootWorkshops, ItBeginsEmpty) {
  EXPECT_EXIT(begin_and_be_killed(), testing::KilledBySignal(SIGKILL), "");
  RootWorkshop workshop(root_);
  EXPECT_EQ(list_directory(workshop.folder()), std::vector<std::string>{});
}

}  // namespace
}  // namespace rootcellar
