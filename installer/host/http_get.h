// One HTTP GET on a numeric address: enough for checks and waits, and unable to look up a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "installer/host/host_system.h"

namespace rootcellar {

/// "http://127.0.0.1:5000/v2/" or "http://[::1]:80/": the parts, or nothing when the host is not a numeric address.
struct NumericUrl {
  std::string address;
  std::uint16_t port = 80;
  std::string path = "/";
  bool v6 = false;
};
std::optional<NumericUrl> parse_numeric_url(std::string_view url);

/// The reply in a complete HTTP/1.x answer; status 0 and a reason in `body` when it is none. Bodies in pieces ("chunked") are put together.
HttpReply parse_http_reply(std::string_view answer);

/// Never throws for what the other side does: status 0, and `body` says why. A URL without a numeric address is a UsageError.
HttpReply http_get_numeric(const std::string& url, std::uint64_t time_limit_seconds, const std::string& authorization = {});

}  // namespace rootcellar
