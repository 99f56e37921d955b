// What can be read off an http(s) URL without asking anybody (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

struct Url {
  std::string scheme;             ///< "http" or "https"
  std::string user_info;          ///< "user:password"; a secret
  std::string host;               ///< lower case; an IPv6 address without its brackets
  std::string port;               ///< digits; empty: the scheme's
  std::string target;             ///< "/path?query", at least "/"
  std::string authority() const;  ///< host[:port]
  std::string origin() const;     ///< scheme://host[:port]
};

/// Nothing unless it is an http or https URL without spaces and control characters.
std::optional<Url> parse_url(std::string_view text);
/// "localhost", 127/8 and ::1: the only hosts plain http needs no permission for.
bool is_loopback_host(std::string_view host);
/// `url` as it may be shown: without user and password, the query cut to "?...".
std::string shown_url(std::string_view url);
/// Percent-encodes everything but unreserved characters.
std::string url_escape(std::string_view text);
/// `location` (absolute, //host/path or /path) seen from `base`; nothing when it cannot be understood.
std::optional<std::string> resolve_location(const Url& base, std::string_view location);

}  // namespace rootcellar
