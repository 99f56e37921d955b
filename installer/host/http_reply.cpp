#include <arpa/inet.h>

#include <charconv>

#include "bundle/base/text.h"
#include "installer/host/http_get.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_scheme = "http://";
constexpr std::size_t k_header_lines = 200;

HttpReply no_reply(std::string reason) { return {.status = 0, .body = std::move(reason), .headers = {}}; }

bool is_numeric(const std::string& address, bool v6) {
  in6_addr parsed{};
  return ::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), &parsed) == 1;
}

// "127.0.0.1:5000" or "[::1]:80": address and the rest that starts with ':' or is empty.
std::pair<std::string_view, std::string_view> split_authority(std::string_view authority, bool v6) {
  if (!v6) {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    return {authority.substr(0, colon), authority.substr(colon)};
  }
  const std::size_t close = authority.find(']');
  if (close == authority.npos) return {};
  return {authority.substr(1, close - 1), authority.substr(close + 1)};
}

bool plain_path(std::string_view path) {
  for (const char c : path) {
    if (c <= ' ' || c >= '\x7f') return false;
  }
  return true;
}

std::optional<std::size_t> chunk_size(std::string_view line) {
  std::size_t size = 0;
  const auto [end, fault] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  if (fault != std::errc{} || end == line.data()) return std::nullopt;
  return size;
}

// RFC 9112 section 7.1; a cut last chunk is a fault.
std::optional<std::string> join_chunks(std::string_view rest) {
  std::string body;
  while (true) {
    const std::size_t line_end = rest.find("\r\n");
    if (line_end == rest.npos) return std::nullopt;
    const auto size = chunk_size(rest.substr(0, line_end));
    rest.remove_prefix(line_end + 2);
    if (!size || *size > rest.size()) return std::nullopt;
    if (*size == 0) return body;
    body.append(rest.substr(0, *size));
    rest.remove_prefix(std::min(*size + 2, rest.size()));
  }
}

std::optional<int> status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return std::nullopt;
  const auto number = parse_u64(line.substr(9, 3));
  if (!number || *number < 100 || *number > 599) return std::nullopt;
  return static_cast<int>(*number);
}

bool chunked(const HttpReply& reply) {
  for (const auto& [name, value] : reply.headers) {
    if (name == "transfer-encoding" && lower_ascii(value) == "chunked") return true;
  }
  return false;
}

}  // namespace

std::optional<NumericUrl> parse_numeric_url(std::string_view url) {
  if (!url.starts_with(k_scheme)) return std::nullopt;
  url.remove_prefix(k_scheme.size());
  const std::size_t slash = std::min(url.find('/'), url.size());
  NumericUrl parts;
  parts.v6 = url.starts_with('[');
  const auto [address, after] = split_authority(url.substr(0, slash), parts.v6);
  parts.address = address;
  if (slash < url.size()) parts.path = url.substr(slash);
  if (!is_numeric(parts.address, parts.v6) || !plain_path(parts.path)) return std::nullopt;
  if (after.empty()) return parts;
  const auto port = after.front() == ':' ? parse_u64(after.substr(1)) : std::nullopt;
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  parts.port = static_cast<std::uint16_t>(*port);
  return parts;
}

HttpReply parse_http_reply(std::string_view answer) {
  const std::size_t head_end = answer.find("\r\n\r\n");
  if (head_end == answer.npos)
    return no_reply(answer.empty() ? "the server closed the connection without an answer" : "the answer is not HTTP");
  const auto lines = split(answer.substr(0, head_end), '\n');
  const auto status = status_of(lines.front());
  if (!status || lines.size() > k_header_lines) return no_reply("the answer is not HTTP");
  HttpReply reply{.status = *status, .body = std::string(answer.substr(head_end + 4)), .headers = {}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == lines[i].npos) return no_reply("the answer is not HTTP");
    reply.headers.emplace_back(lower_ascii(lines[i].substr(0, colon)), trim(lines[i].substr(colon + 1)));
  }
  if (!chunked(reply)) return reply;
  auto body = join_chunks(reply.body);
  if (!body) return no_reply("the answer is cut");
  reply.body = std::move(*body);
  return reply;
}

}  // namespace rootcellar
