#include "builder/source/http_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "builder/source/http.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_longest_backoff = 30'000;
constexpr std::uint64_t k_longest_retry_after = 300;

constexpr std::pair<int, std::string_view> k_status_names[] = {
    {200, "OK"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {416, "Range Not Satisfiable"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

constexpr std::array<std::string_view, 12> k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool is_transient_status(int status) {
  constexpr std::array transient = {408, 425, 429, 500, 502, 503, 504};
  return std::ranges::find(transient, status) != transient.end();
}

std::string status_text(int status) {
  for (const auto& [number, name] : k_status_names) {
    if (number == status) return cat(number, " ", name);
  }
  return cat(status);
}

std::optional<std::uint64_t> retry_delay(unsigned attempt, std::uint64_t first, std::optional<std::uint64_t> retry_after_seconds) {
  if (retry_after_seconds && *retry_after_seconds > k_longest_retry_after) return std::nullopt;
  std::uint64_t backoff = std::min(first, k_longest_backoff);
  for (unsigned i = 0; i < attempt && backoff < k_longest_backoff; ++i) backoff *= 2;
  return std::max(std::min(backoff, k_longest_backoff), retry_after_seconds.value_or(0) * 1000);
}

std::optional<HeaderLine> parse_header_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line.starts_with("HTTP/")) return std::nullopt;
  return HeaderLine{lower_ascii(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))};
}

std::optional<std::uint64_t> content_range_first(std::string_view value) {
  constexpr std::string_view unit = "bytes ";
  const std::size_t dash = value.find('-');
  if (!value.starts_with(unit) || dash == std::string_view::npos || dash < unit.size()) return std::nullopt;
  return parse_u64(value.substr(unit.size(), dash - unit.size()));
}

bool is_html(std::string_view content_type) {
  const std::string type = lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
  return type == "text/html" || type == "application/xhtml+xml";
}

std::optional<std::int64_t> parse_http_date(std::string_view value) {
  // "Sun, 06 Nov 1994 08:49:37 GMT": rebuilt as RFC 3339, which checks the numbers.
  if (value.size() != 29 || value.substr(25) != " GMT" || value.substr(3, 2) != ", ") return std::nullopt;
  const auto month = std::ranges::find(k_months, value.substr(8, 3));
  if (month == k_months.end()) return std::nullopt;
  const auto number = static_cast<int>(month - k_months.begin()) + 1;
  return parse_time(cat(value.substr(12, 4), number < 10 ? "-0" : "-", number, "-", value.substr(5, 2), "T", value.substr(17, 8), "Z"));
}

}  // namespace rootcellar
