// What is kept of a file that the site's answers name: a key of its cluster, the password of its registry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "installer/host/host_system.h"
#include "installer/run/existing_step.h"

namespace rootcellar {

/// A kubeconfig whose current context is `context`. kubectl writes that member on a line of its own.
std::string with_context(std::string_view kubeconfig, const std::string& context);
/// "ACCOUNT:PASSWORD", the password without the end of its line.
std::string login_text(const std::string& account, std::string_view password);
/// What would be kept of the file now; nothing when it is not there.
std::optional<std::string> kept_text(const KeepSiteFile& file, HostSystem& host);
/// The value of an Authorization header (RFC 7617).
std::string basic_authorization(std::string_view login);

}  // namespace rootcellar
