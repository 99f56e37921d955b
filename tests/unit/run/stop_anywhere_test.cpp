// Stop an installation at every call it makes to the machine, in three ways; go on; take it back, stopping there, too.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/failing_host.h"
#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {
namespace {

using Failure = FailingHost::Failure;

class StopAnywhere : public ::testing::TestWithParam<Failure> {
 protected:
  // True when the action ran to its end.
  static bool runs_through(const std::function<void()>& action) {
    try {
      action();
      return true;
    } catch (const Error&) {
      return false;
    } catch (const Killed&) {
      return false;
    }
  }

  void after_stop(MemoryHost& host) const {
    if (GetParam() != Failure::error) host.cut_power();
  }

  TemporaryDirectory directory_{"rc-stop"};
  Bundle bundle_ = small_bundle(directory_.path());
  std::vector<Step> steps_ = small_plan();
};

TEST_P(StopAnywhere, GoesOnToTheSameStateAndBackToTheOldOne) {
  MemoryHost clean;
  set_up_machine(clean);
  const MemoryTree before = visible(clean);
  install(clean, bundle_, steps_);
  const MemoryTree after = visible(clean);
  ASSERT_NE(difference(before, after), "");

  std::uint64_t call = 1;
  for (bool stopped = true; stopped; ++call) {
    MemoryHost host;
    set_up_machine(host);
    FailingHost failing(host, call, GetParam());
    stopped = !runs_through([&] { install(failing, bundle_, steps_); });
    if (stopped) after_stop(host);
    if (call % 2 == 0) install(host, bundle_, steps_);  // every other time it is taken back as it lies
    if (call % 2 == 0) {
      ASSERT_EQ(difference(after, visible(host)), "") << "stopped at call " << call << ", then resumed";
    }
    uninstall(host, false);
    ASSERT_EQ(difference(before, visible(host)), "") << "stopped at call " << call << ", then taken back";
  }
  EXPECT_GT(call, 200u);
}

TEST_P(StopAnywhere, TakesBackAfterEveryStop) {
  MemoryHost machine;
  set_up_machine(machine);
  const MemoryTree before = visible(machine);
  install(machine, bundle_, steps_);
  std::uint64_t call = 1;
  for (bool stopped = true; stopped; ++call) {
    MemoryHost host = machine;
    FailingHost failing(host, call, GetParam());
    stopped = !runs_through([&] { uninstall(failing, false); });
    if (stopped) after_stop(host);
    uninstall(host, false);
    ASSERT_EQ(difference(before, visible(host)), "") << "stopped at call " << call << " of taking back";
  }
  EXPECT_GT(call, 100u);
}

// An upgrade over an installed bundle: whatever stops it, going on ends in the same state, and taking back ends before the first bundle.
TEST_P(StopAnywhere, AnUpgradeGoesOnToTheSameStateAndBackToTheOldOne) {
  TemporaryDirectory directory{"rc-next"};
  Bundle next = next_bundle(directory.path());
  const std::vector<Step> next_steps = next_plan(next);
  MemoryHost machine;
  set_up_machine(machine);
  const MemoryTree before = visible(machine);
  begin_plan(machine, "first");
  install(machine, bundle_, steps_);
  begin_plan(machine, "next");
  MemoryHost clean = machine;
  install(clean, next, next_steps);
  const MemoryTree after = visible(clean);
  uninstall(clean, false);
  ASSERT_EQ(difference(before, visible(clean)), "");

  std::uint64_t call = 1;
  for (bool stopped = true; stopped; ++call) {
    MemoryHost host = machine;
    FailingHost failing(host, call, GetParam());
    stopped = !runs_through([&] { install(failing, next, next_steps); });
    if (stopped) after_stop(host);
    if (call % 2 == 0) install(host, next, next_steps);
    if (call % 2 == 0) {
      ASSERT_EQ(difference(after, visible(host)), "") << "stopped at call " << call << ", then resumed";
    }
    uninstall(host, false);
    ASSERT_EQ(difference(before, visible(host)), "") << "stopped at call " << call << ", then taken back";
  }
  EXPECT_GT(call, 200u);
}

INSTANTIATE_TEST_SUITE_P(Ways, StopAnywhere, ::testing::Values(Failure::error, Failure::kill_before, Failure::kill_after),
                         [](const auto& way) {
                           return way.param == Failure::error ? "error" : way.param == Failure::kill_before ? "kill_before" : "kill_after";
                         });

}  // namespace
}  // namespace rootcellar::test
