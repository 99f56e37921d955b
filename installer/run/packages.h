// Installing and taking back packages with the target's own apt, so that a stop at any point can be gone on from.
#pragma once

#include <optional>
#include <string>

#include "installer/run/actions/actions.h"
#include "installer/run/apt.h"

namespace rootcellar {

/// Every package the step asks for is installed, those of earlier bundles not older than this one's, and nothing is half done.
bool packages_installed(const InstallPackages& step, ActionScope& scope);
/// Makes the bundle apt's source: spooled, described, its indexes authenticated and read. Changes nothing but the spool.
void read_source(const InstallPackages& step, ActionScope& scope);
/// Reads the bundle as apt's source and simulates; what would be installed anew. A closure that apt cannot satisfy, or one that would
/// remove packages, is a HostError with apt's reasons. Changes nothing but the spool.
AptForecast forecast_packages(const InstallPackages& step, ActionScope& scope);
/// Finishes a dpkg that was stopped; waits for one that runs.
void finish_dpkg(ActionScope& scope);

}  // namespace rootcellar
