// A clock that cannot be right: what it says is held against the bundle's own time, and set with the site's consent before anything else.
#pragma once

#include <optional>
#include <string>

#include "installer/plan/subjects.h"

namespace rootcellar {

struct ClockVerdict {
  std::string fault;                      ///< what is wrong with it; empty: it may be right
  std::string refusal;                    ///< why the installation cannot go on; empty: it can
  std::optional<CorrectClock> correction{};
};
/// A clock before the bundle was made, or more than two years after, is wrong. It is set to the operator's word, or to the latest time that
/// the bundle, the ticket and this machine are known to have seen.
ClockVerdict judge_clock(const Header& header, const Facts& facts, const Answers& answers, const JoinTicket* ticket);

/// The refusal, or the step that comes before all others, and a caution that says why.
void plan_clock(const ClockVerdict& verdict, Plan& plan);

}  // namespace rootcellar
