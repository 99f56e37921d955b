#include "builder/source/url.h"

#include <algorithm>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_visible(char c) { return c > ' ' && c != 0x7f; }
bool is_unreserved(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_host_char(char c) { return is_unreserved(c) || c == ':'; }

/// host, host:port, [v6], [v6]:port.
bool split_authority(std::string_view text, Url& url) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = lower_ascii(text.substr(1, end - 1));
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    url.host = lower_ascii(text.substr(0, colon));
    rest = text.substr(colon);
  }
  if (rest.starts_with(':')) url.port = rest.substr(1);
  if (url.host.empty() || !std::ranges::all_of(url.host, is_host_char)) return false;
  return (rest.empty() || rest.size() > 1) && rest.size() <= 6 && std::ranges::all_of(url.port, is_digit);
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : cat("[", host, "]");
  return port.empty() ? name : cat(name, ":", port);
}

std::string Url::origin() const { return cat(scheme, "://", authority()); }

std::optional<Url> parse_url(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || !std::ranges::all_of(text, is_visible)) return std::nullopt;
  Url url;
  url.scheme = lower_ascii(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text.remove_prefix(scheme_end + 3);
  const std::size_t target = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, target);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  if (!split_authority(authority, url)) return std::nullopt;
  const std::string_view rest = text.substr(target, std::min(text.find('#', target), text.size()) - target);
  url.target = rest.starts_with('/') ? std::string(rest) : cat("/", rest);
  return url;
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") && std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

std::string shown_url(std::string_view url) {
  const std::optional<Url> parts = parse_url(url);
  if (!parts) {
    const std::size_t at = url.rfind('@');  // whatever it is, what stands before this may be a password
    return printable(at == std::string_view::npos ? url : url.substr(at + 1));
  }
  const std::size_t query = parts->target.find('?');
  std::string path = query == std::string::npos ? parts->target : cat(parts->target.substr(0, query), "?...");
  if (path == "/") path.clear();
  return printable(cat(parts->origin(), path));
}

std::string url_escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string> resolve_location(const Url& base, std::string_view location) {
  if (location.starts_with("//")) return resolve_location(base, cat(base.scheme, ":", location));
  if (location.starts_with('/')) return cat(base.origin(), location);
  if (parse_url(location)) return std::string(location);
  return std::nullopt;
}

}  // namespace rootcellar
