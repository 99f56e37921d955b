// What status says about the steps that put something into a cluster.
#pragma once

#include <string>

#include "installer/run/actions/actions.h"
#include "installer/run/runner.h"

namespace rootcellar {

/// For a step whose probe says "needed": what stands in the way in its namespace, what its wait finds now, or what its image lacks. Empty when nothing tells, and
/// for steps that are not about a cluster's contents.
std::string cluster_step_fault(const Step& step, RunContext& context);

/// Why an exported file is of no use as it is; empty when it is as it should be. SystemError when the cluster does not answer.
std::string export_fault(const ExportAccess& action, const ActionScope& scope);

}  // namespace rootcellar
