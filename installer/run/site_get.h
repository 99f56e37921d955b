// One GET on a numeric address of this site, over http or, believed by the site's authority, over https.
#pragma once

#include <cstdint>
#include <string>

#include "installer/host/host_system.h"

namespace rootcellar {

/// The certificate of the site's authority, for whoever checks on this machine; readable by everybody.
inline constexpr const char* k_site_authority = "/etc/rootcellar/site-ca.crt";

/// As HostSystem::http_get. An "https://" address is asked through openssl(1), which package ca-certificates depends on; a certificate that
/// is not good for the numeric address is no answer: status 0, and `body` says why.
HttpReply site_get(HostSystem& host, const std::string& url, std::uint64_t time_limit);

}  // namespace rootcellar
