// Asks a person at a terminal for what the appliance leaves to the site and no answers file says.
#pragma once

#include <functional>

#include "bundle/base/cli.h"
#include "installer/commands/site_plan.h"

namespace rootcellar {

/// The plan with all answers. An answer that is no answer, or that the plan refuses, is asked for again with the reason. Writes nothing.
SitePlan ask_what_is_open(SitePlan site, const Bundle& bundle, const std::function<SitePlan(const Answers& answers)>& plan_with,
                          cli::Console& console);

}  // namespace rootcellar
