#include "installer/run/line_edits.h"

#include <gtest/gtest.h>

#include "installer/run/actions/actions.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_fstab = "# /etc/fstab\nUUID=1\t/\text4\tdefaults 0 1\n/swapfile none swap sw 0 0\n#UUID=3 none swap sw 0 0\n";

TEST(LineEdits, CommentsOutEntriesOfOneType) {
  const LineChanges changes = plan_line_edits(k_fstab, {}, "swap");
  EXPECT_EQ(changes.commented, std::vector<std::string>{"/swapfile none swap sw 0 0"});
  const std::string edited = apply_line_edits(k_fstab, changes);
  EXPECT_EQ(edited, "# /etc/fstab\nUUID=1\t/\text4\tdefaults 0 1\n#rootcellar# /swapfile none swap sw 0 0\n#UUID=3 none swap sw 0 0\n");
  EXPECT_TRUE(plan_line_edits(edited, {}, "swap").empty());
  EXPECT_EQ(revert_line_edits(edited, changes), k_fstab);
}

TEST(LineEdits, AddsEachLineOnce) {
  const LineChanges changes = plan_line_edits("a\nb\n", {"b", "c", "c"}, "");
  EXPECT_EQ(changes.added, std::vector<std::string>{"c"});
  EXPECT_EQ(apply_line_edits("a\nb\n", changes), "a\nb\nc\n");
  EXPECT_EQ(apply_line_edits("a\nb\nc\n", changes), "a\nb\nc\n");
  EXPECT_EQ(plan_line_edits("", {"a"}, "swap").added, std::vector<std::string>{"a"});
}

class EditedFile : public ::testing::Test {
 protected:
  void edit() {
    scope_.context.earlier.clear();
    if (probe(action_, scope_) == ProbeResult::already) return;
    undo_ = prepare(action_, scope_);
    perform(action_, scope_);
  }
  std::string text() { return host_.read_file("/etc/hosts", 4096).value_or("none"); }

  MemoryHost host_;
  RunContext context_{.host = host_, .progress = silent_progress()};
  Step step_;
  ActionScope scope_{step_, context_};
  EditLines action_{"/etc/hosts", {"10.0.0.1 cluster.internal"}, ""};
  JsonValue undo_;
};

TEST_F(EditedFile, GetsItsOpenEndAndItsModeBack) {
  host_.add_file("/etc/hosts", "127.0.0.1 localhost", 0640);
  host_.change_owner("/etc/hosts", 7, 8);
  edit();
  EXPECT_EQ(text(), "127.0.0.1 localhost\n10.0.0.1 cluster.internal\n");
  EXPECT_EQ(host_.status("/etc/hosts")->mode, 0640u);
  EXPECT_EQ(host_.status("/etc/hosts")->uid, 7u);
  take_back(action_, undo_, false, scope_);
  EXPECT_EQ(text(), "127.0.0.1 localhost");
  EXPECT_EQ(host_.status("/etc/hosts")->mode, 0640u);
  EXPECT_EQ(host_.status("/etc/hosts")->gid, 8u);
}

TEST_F(EditedFile, KeepsWhatPeopleWroteLater) {
  host_.add_file("/etc/hosts", "127.0.0.1 localhost\n");
  edit();
  host_.write_file("/etc/hosts", text() + "10.0.0.9 printer\n");
  take_back(action_, undo_, false, scope_);
  EXPECT_EQ(text(), "127.0.0.1 localhost\n10.0.0.9 printer\n");
  take_back(action_, undo_, false, scope_);
  EXPECT_EQ(text(), "127.0.0.1 localhost\n10.0.0.9 printer\n");
}

TEST_F(EditedFile, GoesWhenItWasMadeForOurLines) {
  edit();
  EXPECT_EQ(text(), "10.0.0.1 cluster.internal\n");
  take_back(action_, undo_, false, scope_);
  EXPECT_EQ(text(), "none");
}

TEST_F(EditedFile, IsLeftAloneWhenNothingOfOursIsInIt) {
  host_.add_file("/etc/hosts", "127.0.0.1 localhost\n");
  edit();
  host_.write_file("/etc/hosts", "127.0.0.1 changed");
  take_back(action_, undo_, false, scope_);
  EXPECT_EQ(text(), "127.0.0.1 changed");
}

}  // namespace
}  // namespace rootcellar::test
