// Stop an installation at every call it makes to the machine, in three ways; go on; take it back, stopping there, too.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/failing_host.h"
#include "tests/unit/run/certificate_machine.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/lan_machine.h"
#include "tests/unit/run/site_machine.h"
#include "tests/unit/run/storage_machine.h"
#include "tests/unit/run/trust_machine.h"

namespace rootcellar::test {
namespace {

using Failure = FailingHost::Failure;

const TestAppliance k_appliances[] = {
    {small_bundle, small_plan, next_bundle, next_plan, set_up_machine, false},
    {cluster_bundle, cluster_plan, next_cluster_bundle, next_cluster_plan, set_up_cluster_machine, true},
    {cluster_bundle, worker_plan, cluster_bundle, next_worker_plan, set_up_joining_machine, true, true},
    {cluster_bundle, control_plane_plan, cluster_bundle, next_control_plane_plan, set_up_joining_machine, true, true},
    {site_bundle, site_plan, next_site_bundle, next_site_plan, set_up_site_machine},
    {storage_bundle, storage_plan, next_storage_bundle, next_storage_plan, set_up_storage_machine, true},
    {lan_bundle, lan_plan, lan_bundle, next_lan_plan, set_up_lan_machine, true},
    {certificate_bundle, certificate_plan, certificate_bundle, next_certificate_plan, set_up_certificate_machine, true},
    {small_bundle, trust_plan, small_bundle, next_trust_plan, set_up_trust_machine},
};
const char* const k_names[] = {"_packages", "_cluster", "_worker", "_control_plane", "_site", "_storage", "_lan", "_certificate", "_trust"};

class StopAnywhere : public ::testing::TestWithParam<std::tuple<Failure, std::size_t>> {
 protected:
  static Failure failure() { return std::get<0>(GetParam()); }
  static const TestAppliance& appliance() { return k_appliances[std::get<1>(GetParam())]; }
  /// Its steps make few calls.
  static bool is_small() {
    const auto plan = appliance().plan;
    const bool short_one = plan == lan_plan || plan == certificate_plan || plan == trust_plan;
    return appliance().joins || plan == site_plan || plan == storage_plan || short_one;
  }
  static bool purge() { return appliance().purge; }

  static MemoryTree without_ticket(const MemoryHost& host) {
    MemoryTree tree = visible(host);
    if (appliance().joins) std::erase_if(tree, [](const auto& entry) { return entry.first.starts_with("/var/lib/rootcellar/secrets"); });
    return tree;
  }

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
    if (failure() != Failure::error) host.cut_power();
  }

  TemporaryDirectory directory_{"rc-stop"};
  Bundle bundle_ = appliance().bundle(directory_.path());
  std::vector<Step> steps_ = appliance().plan();
};

TEST_P(StopAnywhere, GoesOnToTheSameStateAndBackToTheOldOne) {
  MemoryHost clean;
  appliance().set_up(clean);
  const MemoryTree before = without_ticket(clean);
  install(clean, bundle_, steps_);
  const MemoryTree after = visible(clean);
  ASSERT_NE(difference(before, after), "");
  ASSERT_FALSE(appliance().joins && clean.exists("/var/lib/rootcellar/secrets"));

  std::uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    MemoryHost host;
    appliance().set_up(host);
    FailingHost failing(host, call, failure());
    const bool stopped = !runs_through([&] { install(failing, bundle_, steps_); });
    reached = failing.failed();
    if (stopped) after_stop(host);
    if (call % 2 == 0) install(host, bundle_, steps_);  // every other time it is taken back as it lies
    if (call % 2 == 0) {
      ASSERT_EQ(difference(after, visible(host)), "") << "stopped at call " << call << ", then resumed";
    }
    uninstall(host, purge());
    ASSERT_EQ(difference(before, without_ticket(host)), "") << "stopped at call " << call << ", then taken back";
  }
  EXPECT_GT(call, is_small() ? 60u : 200u);
}

TEST_P(StopAnywhere, TakesBackAfterEveryStop) {
  MemoryHost machine;
  appliance().set_up(machine);
  const MemoryTree before = without_ticket(machine);
  install(machine, bundle_, steps_);
  std::uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    MemoryHost host = machine;
    FailingHost failing(host, call, failure());
    const bool stopped = !runs_through([&] { uninstall(failing, purge()); });
    reached = failing.failed();
    if (stopped) after_stop(host);
    uninstall(host, purge());
    ASSERT_EQ(difference(before, without_ticket(host)), "") << "stopped at call " << call << " of taking back";
  }
  EXPECT_GT(call, is_small() ? 30u : 100u);
}

// An upgrade over an installed bundle: whatever stops it, going on ends in the same state, and taking back ends before the first bundle.
TEST_P(StopAnywhere, AnUpgradeGoesOnToTheSameStateAndBackToTheOldOne) {
  TemporaryDirectory directory{"rc-next"};
  Bundle next = appliance().next_bundle(directory.path());
  const std::vector<Step> next_steps = appliance().next_plan(next);
  MemoryHost machine;
  appliance().set_up(machine);
  const MemoryTree before = without_ticket(machine);
  begin_plan(machine, "first");
  install(machine, bundle_, steps_);
  begin_plan(machine, "next");
  MemoryHost clean = machine;
  install(clean, next, next_steps);
  const MemoryTree after = visible(clean);
  uninstall(clean, purge());
  ASSERT_EQ(difference(before, without_ticket(clean)), "");

  std::uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    MemoryHost host = machine;
    FailingHost failing(host, call, failure());
    const bool stopped = !runs_through([&] { install(failing, next, next_steps); });
    reached = failing.failed();
    if (stopped) after_stop(host);
    if (call % 2 == 0) install(host, next, next_steps);
    if (call % 2 == 0) {
      ASSERT_EQ(difference(after, visible(host)), "") << "stopped at call " << call << ", then resumed";
    }
    uninstall(host, purge());
    ASSERT_EQ(difference(before, without_ticket(host)), "") << "stopped at call " << call << ", then taken back";
  }
  EXPECT_GT(call, is_small() ? 20u : 150u);
}

std::string name_of(Failure failure) {
  return failure == Failure::error ? "error" : failure == Failure::kill_before ? "kill_before" : "kill_after";
}

INSTANTIATE_TEST_SUITE_P(Ways, StopAnywhere,
                         ::testing::Combine(::testing::Values(Failure::error, Failure::kill_before, Failure::kill_after),
                                            ::testing::Values(0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u)),
                         [](const auto& way) { return name_of(std::get<0>(way.param)) + k_names[std::get<1>(way.param)]; });

}  // namespace
}  // namespace rootcellar::test
