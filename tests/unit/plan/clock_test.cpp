// A clock that cannot be right: refused with both times, or set first; and another time service in chrony's way.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/plan/clock.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_facts;
using test::sample_header;
using test::sample_index;
using Texts = std::vector<std::string>;

constexpr const char* k_behind = "this machine's clock says 1970-01-01T00:00:00Z, before the bundle was made, at 2026-11-20T10:00:00Z";
constexpr const char* k_ahead = "this machine's clock says 2050-01-01T00:00:00Z, more than two years after the bundle was made, at 2026-11-20T10:00:00Z";

std::int64_t at(std::string_view text) { return *parse_time(text); }

Facts facts_at(std::string_view time) {
  Facts facts = sample_facts();
  facts.clock = at(time);
  return facts;
}

Answers consent() {
  Answers answers;
  answers.correct_clock = true;
  return answers;
}

Answers word(std::string_view time) {
  Answers answers;
  answers.time = at(time);
  return answers;
}

Plan plan_at(const Facts& facts, const Answers& answers = {}) { return make_plan(sample_header(), sample_index(), facts, answers); }

/// earliest, latest, seen, to.
std::string correction(const Plan& plan) {
  const auto* clock = plan.steps.empty() ? nullptr : std::get_if<CorrectClock>(&plan.steps.front().action);
  if (clock == nullptr) return "none";
  const auto text = [](std::uint64_t time) { return format_time(static_cast<std::int64_t>(time)); };
  return cat(text(clock->earliest), " ", text(clock->latest), " ", text(clock->seen), " ", text(clock->to));
}

TEST(Clock, ThatMayBeRightIsLeftAlone) {
  for (const char* time : {"2026-11-20T10:00:00Z", "2027-06-01T00:00:00Z", "2028-11-19T10:00:00Z"}) {
    EXPECT_EQ(plan_at(facts_at(time)).refusals, Texts{}) << time;
    EXPECT_EQ(correction(plan_at(facts_at(time), consent())), "none") << time;
  }
  EXPECT_EQ(plan_at(facts_at("2026-11-20T09:59:59Z")).refusals.size(), 1u);
  EXPECT_EQ(plan_at(facts_at("2028-11-19T10:00:01Z")).refusals.size(), 1u);
}

TEST(Clock, ThatIsWrongIsRefusedWithoutConsent) {
  EXPECT_EQ(plan_at(facts_at("1970-01-01T00:00:00Z")).refusals,
            Texts{cat(k_behind, ": give --time with what time it is in UTC, like 2026-11-25T14:05Z, or answer 'clock.correct: true', and it is set "
                                "to 2026-11-20T10:00:00Z, the latest time that is known here")});
  const Plan ahead = plan_at(facts_at("2050-01-01T00:00:00Z"));
  EXPECT_EQ(ahead.refusals,
            Texts{cat(k_ahead, ": give --time with what time it is in UTC, like 2026-11-25T14:05Z, or answer 'clock.correct: true', and it is set "
                               "to 2026-11-20T10:00:00Z, the latest time that is known here; if the clock is right, the bundle is too old: ask for "
                               "a newer one, or answer 'clock.correct: false'")});
  EXPECT_EQ(correction(ahead), "none");
}

TEST(Clock, ThatIsWrongIsSetFirstWithConsent) {
  const Plan plan = plan_at(facts_at("1970-01-01T00:00:00Z"), consent());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(plan.cautions, Texts{cat(k_behind, ": it is set to 2026-11-20T10:00:00Z")});
  EXPECT_EQ(plan.steps.front().id, "clock");
  EXPECT_EQ(plan.steps.front().title, "set the clock to 2026-11-20T10:00:00Z");
  EXPECT_EQ(plan.steps.front().reason, "Certificates and the packages' signatures are judged by it.");
  EXPECT_EQ(correction(plan), "2026-11-20T10:00:00Z 2028-11-19T10:00:00Z 1970-01-01T00:00:00Z 2026-11-20T10:00:00Z");
  EXPECT_EQ(correction(plan_at(facts_at("2050-01-01T00:00:00Z"), consent())),
            "2026-11-20T10:00:00Z 2028-11-19T10:00:00Z 2050-01-01T00:00:00Z 2026-11-20T10:00:00Z");
  EXPECT_NE(render_plan(plan, sample_header()).find("from 1970-01-01T00:00:00Z to 2026-11-20T10:00:00Z; uninstall leaves it"), std::string::npos);
}

TEST(Clock, IsSetToTheLatestTimeThatWasSeen) {
  Facts facts = facts_at("1970-01-01T00:00:00Z");
  facts.seen_times = {at("2026-12-24T12:00:00Z"), at("2050-01-01T00:00:00Z"), at("2020-01-01T00:00:00Z"), 0};
  EXPECT_EQ(plan_at(facts, consent()).steps.front().title, "set the clock to 2026-12-24T12:00:00Z");
  facts.seen_times = {at("2020-01-01T00:00:00Z")};
  EXPECT_EQ(plan_at(facts, consent()).steps.front().title, "set the clock to 2026-11-20T10:00:00Z");
}

TEST(Clock, IsSetToTheTimeOfTheTicketAtLeast) {
  JoinTicket ticket;
  ticket.made = at("2027-01-02T03:04:05Z");
  const ClockVerdict verdict = judge_clock(sample_header(), facts_at("1970-01-01T00:00:00Z"), consent(), &ticket);
  ASSERT_TRUE(verdict.correction);
  EXPECT_EQ(verdict.correction->to, static_cast<std::uint64_t>(ticket.made));
}

TEST(Clock, IsSetToTheOperatorsWord) {
  EXPECT_EQ(correction(plan_at(facts_at("1970-01-01T00:00:00Z"), word("2026-11-25T14:05:00Z"))),
            "2026-11-20T10:00:00Z 2028-11-19T10:00:00Z 1970-01-01T00:00:00Z 2026-11-25T14:05:00Z");
  // A clock that might be right is set by their word, too: behind it, until it has got there.
  EXPECT_EQ(correction(plan_at(facts_at("2026-11-25T13:00:00Z"), word("2026-11-25T14:05:00Z"))),
            "2026-11-25T14:04:00Z 2028-11-19T10:00:00Z 2026-11-25T13:00:00Z 2026-11-25T14:05:00Z");
  EXPECT_EQ(correction(plan_at(facts_at("2027-11-25T13:00:00Z"), word("2026-11-25T14:05:00Z"))),
            "2026-11-20T10:00:00Z 2028-11-19T10:00:00Z 2027-11-25T13:00:00Z 2026-11-25T14:05:00Z");
  EXPECT_EQ(plan_at(facts_at("2026-11-25T13:00:00Z"), word("2026-11-25T14:05:00Z")).cautions,
            Texts{"this machine's clock says 2026-11-25T13:00:00Z: it is set to 2026-11-25T14:05:00Z"});
  EXPECT_EQ(correction(plan_at(facts_at("2026-11-25T14:05:59Z"), word("2026-11-25T14:05:00Z"))), "none");
}

TEST(Clock, AWordThatCannotBeTrueIsRefused) {
  for (const char* time : {"2026-11-20T09:59:00Z", "2028-11-19T10:01:00Z"}) {
    const Plan plan = plan_at(facts_at("2026-11-25T13:00:00Z"), word(time));
    EXPECT_EQ(plan.refusals, Texts{cat("--time says ", time, ", and with this bundle it must be from 2026-11-20T10:00:00Z to 2028-11-19T10:00:00Z")});
    EXPECT_EQ(correction(plan), "none");
  }
}

TEST(Clock, OfAContainerIsNotSet) {
  Facts facts = facts_at("1970-01-01T00:00:00Z");
  facts.node.container = "systemd-nspawn";
  const std::string text = cat(k_behind, ": this is a container (systemd-nspawn), and its clock is that of the machine it runs on: set it there");
  for (const Answers& answers : {Answers(), consent(), word("2026-11-25T14:05:00Z")}) {
    const Plan plan = plan_at(facts, answers);
    EXPECT_EQ(plan.refusals, Texts{text});
    EXPECT_EQ(correction(plan), "none");
  }
}

TEST(Clock, ThatIsRightThoughTheBundleIsOldIsLeftByAnAnswer) {
  Answers answers;
  answers.correct_clock = false;
  const Plan plan = plan_at(facts_at("2050-01-01T00:00:00Z"), answers);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(plan.cautions, Texts{"the bundle expired at 2027-11-20T10:00:00Z, and this machine's clock says 2050-01-01T00:00:00Z: ask for a newer one"});
  EXPECT_EQ(correction(plan), "none");
  EXPECT_EQ(plan_at(facts_at("1970-01-01T00:00:00Z"), answers).refusals.size(), 1u);
}

Index lan_index() {
  Index index = sample_index();
  index.appliance.lan.enabled = true;
  index.appliance.lan.nameserver = index.appliance.lan.portal = false;
  index.appliance.packages.install = {"chrony"};
  return index;
}

Facts lan_facts() {
  Facts facts = sample_facts();
  facts.addresses = {"127.0.0.1", "192.0.2.10"};
  facts.node.routes = {{"eth0", *parse_network("192.0.2.0/24"), 0, 0}};
  return facts;
}

Answers lan_answers() {
  Answers answers;
  answers.lan.domain = "lab.internal";
  answers.cluster.address = "192.0.2.10";
  return answers;
}

Plan lan_plan(const Facts& facts, const Answers& answers = lan_answers()) { return make_plan(sample_header(), lan_index(), facts, answers); }

std::string step_ids(const Plan& plan, std::string_view lead) {
  Texts ids;
  for (const Step& step : plan.steps) {
    if (step.id.starts_with(lead)) ids.push_back(step.id);
  }
  return join(ids, " ");
}

TEST(LanTimeSteps, ComeRightAfterThePackages) {
  const Plan plan = lan_plan(lan_facts());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(step_ids(plan, "clock"),
            "clock-directory clock-seen clock-program clock-unit clock-note-unit clock-timer-unit clock-service clock-timer");
  EXPECT_EQ(step_ids(plan, "time"), "time-packaged-service time-config time-unit time-service time-answers");
}

TEST(LanTimeSteps, LeaveTheClockOfAContainerAlone) {
  Facts facts = lan_facts();
  facts.node.container = "systemd-nspawn";
  const Plan plan = lan_plan(facts);
  EXPECT_EQ(step_ids(plan, "clock"), "");
  EXPECT_EQ(step_ids(plan, "time"), "time-packaged-service time-config time-unit time-service time-answers");
}

TEST(LanTimeSteps, AnotherTimeServiceIsInTheWay) {
  Facts facts = lan_facts();
  facts.packages["systemd-timesyncd"] = {"252", "installed", false};
  EXPECT_EQ(lan_plan(facts).refusals,
            Texts{"package systemd-timesyncd is here, and chrony, which keeps the site's time, cannot be beside it: take it out with 'apt-get "
                  "remove systemd-timesyncd', or answer 'lan.time: false'"});
  Answers own_time = lan_answers();
  own_time.lan.time = false;
  const Plan plan = lan_plan(facts, own_time);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(step_ids(plan, "time"), "");
  for (const Step& step : plan.steps) {
    const auto* install = std::get_if<InstallPackages>(&step.action);
    if (install == nullptr) continue;
    EXPECT_EQ(join(install->packages, " ").find("chrony"), std::string::npos);
  }
}

TEST(LanTimeSteps, ChronyThatIsHereIsStoppedAndTold) {
  Facts facts = lan_facts();
  facts.packages["chrony"] = {"4.3", "installed", false};
  EXPECT_EQ(lan_plan(facts).cautions,
            Texts{"chrony is here already: its own service stands still until uninstall, and its configuration stays"});
}

}  // namespace
}  // namespace rootcellar
