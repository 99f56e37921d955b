// The site's authority and certificate as they lie on this machine: made, judged, and told to people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "installer/run/lan_step.h"

namespace rootcellar {

struct ActionScope;

/// The authority and its key are there, belong together, and are private.
bool has_authority(const std::string& set, const ActionScope& scope);
/// Makes them where they are not; one that is there stays whatever it was made for. HostError when only one half of it is there.
void ensure_authority(const MakeAuthority& action, const ActionScope& scope);

/// The certificate is there with its key, signed by this authority, for these names and addresses, and for 30 more days.
bool has_certificate(const IssueCertificate& action, const ActionScope& scope);
void issue_site_certificate(const IssueCertificate& action, const ActionScope& scope);

}  // namespace rootcellar
