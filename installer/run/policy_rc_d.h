// /usr/sbin/policy-rc.d for the time of an installation, so that packages' services stay down until we want them; the machine's own is kept
// and put back.
#pragma once

#include "installer/run/runner.h"

namespace rootcellar {

/// In place, durable. May be repeated.
void forbid_service_starts(RunContext& context);
/// The machine's own file again, or none. May be repeated, and called when nothing was forbidden.
void allow_service_starts(RunContext& context);
/// True while our file is in place.
bool service_starts_forbidden(HostSystem& host);

}  // namespace rootcellar
