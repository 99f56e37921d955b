#include "installer/plan/clock.h"

#include <algorithm>
#include <cstdlib>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_two_years = 730 * 86400;
constexpr std::int64_t k_slack = 60;  // seconds: a person says the minute

struct Window {
  std::int64_t earliest, latest;
  bool holds(std::int64_t time) const { return earliest <= time && time <= latest; }
};

Window window_of(const Header& header) { return {header.created, std::max(header.expires, header.created + k_two_years)}; }

std::int64_t latest_seen(const Window& window, const Facts& facts, const JoinTicket* ticket) {
  std::int64_t latest = window.earliest;
  if (ticket != nullptr && window.holds(ticket->made)) latest = std::max(latest, ticket->made);
  for (const std::int64_t time : facts.seen_times) {
    if (window.holds(time)) latest = std::max(latest, time);
  }
  return latest;
}

std::string fault_of(const Header& header, const Window& window, std::int64_t clock) {
  if (window.holds(clock)) return {};
  const std::string says = cat("this machine's clock says ", format_time(clock)), made = format_time(header.created);
  if (clock < window.earliest) return cat(says, ", before the bundle was made, at ", made);
  return cat(says, ", more than two years after the bundle was made, at ", made);
}

std::string unasked(const std::string& fault, std::int64_t to, bool ahead) {
  std::string text = cat(fault, ": give --time with what time it is in UTC, like 2026-11-25T14:05Z, or answer 'clock.correct: true', and it is set to ",
                         format_time(to), ", the latest time that is known here");
  if (ahead) text += "; if the clock is right, the bundle is too old: ask for a newer one, or answer 'clock.correct: false'";
  return text;
}

std::uint64_t from_1970(std::int64_t time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0)); }

CorrectClock correction_of(const Window& window, std::int64_t clock, std::int64_t to) {
  // A clock that may be right and is behind the operator's word is right as soon as it has reached it.
  const std::int64_t earliest = window.holds(clock) && clock < to ? to - k_slack : window.earliest;
  return {from_1970(earliest), from_1970(window.latest), from_1970(clock), from_1970(to)};
}

ClockVerdict by_word(const Window& window, std::string fault, std::int64_t clock, std::int64_t word) {
  if (!window.holds(word)) {
    return {std::move(fault), cat("--time says ", format_time(word), ", and with this bundle it must be from ", format_time(window.earliest), " to ",
                           format_time(window.latest)), {}};
  }
  if (std::abs(word - clock) <= k_slack) return {};
  if (fault.empty()) fault = cat("this machine's clock says ", format_time(clock));
  return {std::move(fault), {}, correction_of(window, clock, word)};
}

/// The clock belongs to the machine outside.
void refuse_in_container(const Facts& facts, ClockVerdict& verdict) {
  if (!verdict.correction || facts.node.container.empty()) return;
  verdict.correction.reset();
  verdict.refusal = cat(verdict.fault, ": this is a container (", facts.node.container, "), and its clock is that of the machine it runs on: set it there");
}

ClockVerdict judge(const Header& header, const Facts& facts, const Answers& answers, const JoinTicket* ticket) {
  const Window window = window_of(header);
  const std::string fault = fault_of(header, window, facts.clock);
  if (answers.time) return by_word(window, fault, facts.clock, *answers.time);
  const bool ahead = facts.clock > window.latest;
  if (fault.empty() || (ahead && answers.correct_clock == false)) return {};
  const std::int64_t to = latest_seen(window, facts, ticket);
  ClockVerdict verdict{fault, {}, correction_of(window, facts.clock, to)};
  if (facts.node.container.empty() && !answers.correct_clock.value_or(false)) return {fault, unasked(fault, to, ahead), {}};
  return verdict;
}

}  // namespace

ClockVerdict judge_clock(const Header& header, const Facts& facts, const Answers& answers, const JoinTicket* ticket) {
  ClockVerdict verdict = judge(header, facts, answers, ticket);
  refuse_in_container(facts, verdict);
  return verdict;
}

void plan_clock(const ClockVerdict& verdict, Plan& plan) {
  if (!verdict.refusal.empty()) plan.refusals.push_back(verdict.refusal);
  if (!verdict.correction) return;
  const std::string to = format_time(static_cast<std::int64_t>(verdict.correction->to));
  plan.cautions.push_back(cat(verdict.fault, ": it is set to ", to));
  add_step(plan, "clock", cat("set the clock to ", to), "Certificates and the packages' signatures are judged by it.", *verdict.correction);
}

}  // namespace rootcellar
