// The plan for this machine as it is now.
#pragma once

#include <optional>
#include <string>

#include "bundle/bundle.h"
#include "installer/commands/open_bundle.h"
#include "installer/plan/plan.h"

namespace rootcellar {

struct SitePlan {
  Answers answers;
  Facts facts;
  Plan plan;
  std::map<std::string, std::string> answered_files;  ///< by the answer's key: what is in the files that were read
  std::optional<JoinTicket> join;  ///< this machine joins, or has joined, the cluster of this ticket
};
/// `ticket`: what --join named; without it, that of the installed plan. `answers_file`: what --answers named; without it the kept answers,
/// else the defaults. `time`: what time it is, by the operator's word, UTC seconds.
SitePlan plan_for_site(OpenedBundle& opened, const std::optional<std::string>& answers_file, Surroundings& surroundings,
                       const std::optional<JoinTicket>& ticket = std::nullopt, std::optional<std::int64_t> time = std::nullopt);
/// The same with these answers, whose paths are absolute.
SitePlan plan_with_answers(OpenedBundle& opened, const Answers& answers, Surroundings& surroundings,
                           const std::optional<JoinTicket>& ticket = std::nullopt);

}  // namespace rootcellar
