// What an HTTP answer means: whether to ask again and when, and how it is called in a message (RFC 9110).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

/// Answers that another try may change: 408, 425, 429, 500, 502, 503, 504.
bool is_transient_status(int status);

/// "404 Not Found"; the bare number when it has no common name.
std::string status_text(int status);

/// How long to wait before try `attempt` + 1 (attempt counts from 0): first * 2^attempt, at most 30 s; a server's Retry-After if that is
/// longer. Nothing when the server asks for more than 5 minutes: then waiting is for people. Milliseconds.
std::optional<std::uint64_t> retry_delay(unsigned attempt, std::uint64_t first, std::optional<std::uint64_t> retry_after_seconds);

/// "name: value" -> name in lower case and trimmed value; nothing for anything else (status lines, the empty line).
struct HeaderLine {
  std::string name;
  std::string value;
};
std::optional<HeaderLine> parse_header_line(std::string_view line);

/// First byte of "bytes FIRST-LAST/SIZE"; nothing when it is not of this form.
std::optional<std::uint64_t> content_range_first(std::string_view value);

/// An HTML page by its Content-Type: what proxies and login walls answer instead of the thing asked for.
bool is_html(std::string_view content_type);

/// Date of RFC 9110 section 5.6.7 in its preferred form, "Sun, 06 Nov 1994 08:49:37 GMT", as UTC seconds.
std::optional<std::int64_t> parse_http_date(std::string_view value);

}  // namespace rootcellar
