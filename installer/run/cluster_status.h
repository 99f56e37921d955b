// What status says about the steps that put something into a cluster.
#pragma once

#include <string>

#include "installer/run/runner.h"

namespace rootcellar {

/// For a step whose probe says "needed": what stands in the way in its namespace, what its wait finds now, or what its image lacks. Empty when nothing tells, and
/// for steps that are not about a cluster's contents.
std::string cluster_step_fault(const Step& step, RunContext& context);

}  // namespace rootcellar
