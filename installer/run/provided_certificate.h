// A certificate that the site brings along, from its files to the place of what its own authority would have signed.
#pragma once

#include <string>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// The authorities that this machine knows of others than the site, PEM: its trust store without what we told it.
std::string known_authorities(HostSystem& host);

/// What is kept is usable now, and is what the files hold; files that are gone by now took nothing with them.
bool has_provided(const UseCertificate& action, const ActionScope& scope);
/// Why what the files hold now cannot be used; empty when it can, and when they are gone and what is kept can.
std::string provided_fault(const UseCertificate& action, const ActionScope& scope);
/// InputError with the first fault of what the files hold now.
void use_provided(const UseCertificate& action, const ActionScope& scope);
/// Takes it out again; the site's own authority, where there is one, is what is trusted here then.
void drop_provided(const UseCertificate& action, bool with_authority, const ActionScope& scope);

}  // namespace rootcellar
