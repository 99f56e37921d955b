// The clock is set as the first step, once, whatever stops it, and left as it is by undo.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/history.h"
#include "tests/support/failing_host.h"
#include "tests/support/memory_host.h"
#include "tests/unit/run/small_appliance.h"
#include "tests/unit/run/warned.h"

namespace rootcellar::test {
namespace {

constexpr std::int64_t k_made = 1'900'000'000, k_end = 1'963'072'000, k_word = 1'910'000'000;

class ClockStep : public ::testing::Test {
 protected:
  ClockStep() {
    host_.add_file("/dev/rtc0", "");
    host_.add_file("/usr/sbin/hwclock", "", 0755);
    host_.set_tool("/usr/sbin/hwclock", [this](MemoryHost& host, const ToolCall&) {
      battery_ = host.now();
      return hwclock_;
    });
  }

  static std::vector<Step> plan(std::int64_t seen, std::int64_t to = k_word) {
    return {{"clock", "set the clock", "It is wrong.",
             CorrectClock{static_cast<std::uint64_t>(k_made), static_cast<std::uint64_t>(k_end), static_cast<std::uint64_t>(seen),
                          static_cast<std::uint64_t>(to)}}};
  }
  RunOutcome run(HostSystem& host, const std::vector<Step>& steps) {
    Journal journal(host, "/var/lib/rootcellar/journal");
    RunContext context{.host = host, .progress = progress_};
    return run_plan(steps, journal, context);
  }

  MemoryHost host_;
  ToolResult hwclock_;
  std::int64_t battery_ = 0;
  Warned progress_;
};

TEST_F(ClockStep, SetsAClockThatIsBehindAndAddsWhatHasGoneBySince) {
  host_.set_clock(1000);
  EXPECT_EQ(run(host_, plan(400)).done, 1u);
  EXPECT_EQ(host_.now(), k_word + 600);
  EXPECT_EQ(battery_, k_word + 600);
  EXPECT_EQ(progress_.warnings, std::vector<std::string>{});
}

TEST_F(ClockStep, SetsAClockThatIsAhead) {
  host_.set_clock(k_end + 500);
  run(host_, plan(k_end + 400));
  EXPECT_EQ(host_.now(), k_word + 100);
}

TEST_F(ClockStep, SetsAClockThatMightBeRightByTheOperatorsWord) {
  host_.set_clock(k_word + 5000);
  run(host_, plan(k_word + 4000));
  EXPECT_EQ(host_.now(), k_word + 1000);
}

TEST_F(ClockStep, DoesNotMistakeTheSameTimeALaterYearForTheWrongOne) {
  host_.set_clock(k_word + 4000 + 86401);
  EXPECT_EQ(run(host_, plan(k_word + 4000)).already, 1u);
}

TEST_F(ClockStep, LeavesAClockThatWasSetMeanwhile) {
  host_.set_clock(k_word + 7);
  EXPECT_EQ(run(host_, plan(400)).already, 1u);
  EXPECT_EQ(host_.now(), k_word + 7);
  EXPECT_EQ(battery_, 0);
}

TEST_F(ClockStep, IsTheFirstThingTheJournalSays) {
  host_.set_clock(1000);
  run(host_, plan(1000));
  const std::vector<JournalRecord> records = Journal(host_, "/var/lib/rootcellar/journal").records();
  ASSERT_GE(records.size(), 2u);
  EXPECT_EQ(records[0].step, "clock");
  EXPECT_EQ(records[0].time, 1000);
  EXPECT_EQ(recorded_undo(records[0]).text("was"), "1970-01-01T00:16:40Z");
  EXPECT_EQ(records[1].time, k_word);
}

TEST_F(ClockStep, LooksAgainWhenTheClockFellBackWithThePower) {
  host_.set_clock(1000);
  const std::vector<Step> steps = plan(1000);
  run(host_, steps);
  host_.set_clock(50);
  EXPECT_EQ(run(host_, steps).done, 1u);
  EXPECT_EQ(host_.now(), k_word);
  EXPECT_EQ(run(host_, steps).done, 0u);
}

TEST_F(ClockStep, IsNotTakenBack) {
  host_.set_clock(1000);
  run(host_, plan(1000));
  Journal journal(host_, "/var/lib/rootcellar/journal");
  RunContext context{.host = host_, .progress = progress_};
  undo_all(journal, context, true);
  EXPECT_EQ(host_.now(), k_word);
}

TEST_F(ClockStep, WarnsOfABatteryClockThatCannotBeSet) {
  host_.set_clock(1000);
  hwclock_ = {.exit_code = 1, .error_output = "hwclock: Cannot access the Hardware Clock via any known method.\n"};
  EXPECT_EQ(run(host_, plan(1000)).done, 1u);
  EXPECT_EQ(progress_.warnings,
            std::vector<std::string>{"cannot set the clock that runs on the battery: exit status 1: hwclock: Cannot access the Hardware Clock via "
                                     "any known method.; the next boot may begin with a wrong time"});
}

TEST_F(ClockStep, SetsABatteryClockThatHasLocalTime) {
  host_.set_clock(1000);
  run(host_, plan(1000));
  EXPECT_EQ(join(host_.calls().back(), " "), "/usr/sbin/hwclock --systohc --noadjfile --utc");
  host_.add_file("/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n");
  host_.set_clock(1000);
  run(host_, plan(1000));
  EXPECT_EQ(join(host_.calls().back(), " "), "/usr/sbin/hwclock --systohc --noadjfile --localtime");
}

TEST_F(ClockStep, NeedsNoBatteryClock) {
  host_.set_clock(1000);
  host_.remove("/dev/rtc0");
  EXPECT_EQ(run(host_, plan(1000)).done, 1u);
  EXPECT_EQ(battery_, 0);
  EXPECT_EQ(progress_.warnings, std::vector<std::string>{});
}

TEST_F(ClockStep, IsRightInTheEndWhereverItStops) {
  using Failure = FailingHost::Failure;
  for (const Failure failure : {Failure::error, Failure::kill_before, Failure::kill_after}) {
    bool reached = true;
    for (std::uint64_t call = 1; reached; ++call) {
      battery_ = 0;
      MemoryHost host = host_;
      host.set_clock(1000);
      FailingHost failing(host, call, failure);
      try {
        run(failing, plan(1000));
      } catch (const Error&) {
      } catch (const Killed&) {
      }
      reached = failing.failed();
      run(host, plan(1000));
      ASSERT_EQ(host.now(), k_word) << call;
      ASSERT_EQ(battery_, k_word) << call;
    }
  }
}

}  // namespace
}  // namespace rootcellar::test
