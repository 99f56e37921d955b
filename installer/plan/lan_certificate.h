// Whose certificate the site is served with: its own authority's, or one it brings along.
#pragma once

#include "installer/plan/lan_site.h"

namespace rootcellar {

/// The answers name files of one.
bool brings_certificate(const PlanInput& input);
/// Devices know who signed it without being told.
bool is_known_everywhere(const PlanInput& input);

/// Refusals, each fault its own: of the files that the answers name, and of an own authority that cannot or may not sign what is needed.
void plan_certificate_fit(const PlanInput& input, const LanSite& site, Plan& plan);
/// The authority and the certificate, kept as the secrets of the set "site".
void plan_site_certificate(const PlanInput& input, const LanSite& site, Plan& plan);

}  // namespace rootcellar
