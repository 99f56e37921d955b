#include "builder/profile/value_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

bool is_lower(char letter) { return letter >= 'a' && letter <= 'z'; }
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_lower_or_digit(char letter) { return is_lower(letter) || is_digit(letter); }
bool is_alphanumeric(char letter) { return is_lower_or_digit(letter) || (letter >= 'A' && letter <= 'Z'); }

/// First a lower-case letter or digit, then those or one of `others`; at most `limit` bytes.
bool is_word(std::string_view text, std::string_view others, std::size_t limit) {
  const auto is_inner = [&](char letter) { return is_lower_or_digit(letter) || others.find(letter) != std::string_view::npos; };
  return !text.empty() && text.size() <= limit && is_lower_or_digit(text[0]) && std::all_of(text.begin(), text.end(), is_inner);
}

bool is_number_up_to(std::string_view text, std::uint64_t limit) {
  const auto number = parse_u64(text);
  return number && *number <= limit;
}

bool is_port(std::string_view text) { return is_number_up_to(text, 65535) && text != "0"; }

bool is_address(std::string_view text) {
  const std::string address(text);
  std::array<std::uint8_t, 16> bytes{};
  return inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

/// "host:port" or "[v6]:port" in two; the host is empty when there is no port.
struct HostPort {
  std::string_view host, port;
};
HostPort split_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  HostPort parts{text.substr(0, colon), text.substr(colon + 1)};
  const bool is_bracketed = parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']';
  if (is_bracketed) parts.host = parts.host.substr(1, parts.host.size() - 2);
  if (!is_bracketed && parts.host.find(':') != std::string_view::npos) return {};
  return parts;
}

std::string_view host_of(std::string_view url) {
  const std::size_t start = url.find("://") + 3;
  return url.substr(start, url.find_first_of("/?#", start) - start);
}

bool is_host_name(std::string_view text) {
  const auto is_inner = [](char letter) { return is_alphanumeric(letter) || letter == '-' || letter == '.'; };
  return !text.empty() && is_alphanumeric(text[0]) && std::all_of(text.begin(), text.end(), is_inner);
}

bool is_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  return is_address(address) && is_number_up_to(text.substr(slash + 1), address.find(':') == std::string_view::npos ? 32 : 128);
}

bool lies_under(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

bool is_product_name(std::string_view text) { return is_word(text, "-", 32); }

bool is_title(std::string_view text) { return !text.empty() && text.size() <= 200 && printable(text, 200) == text; }

bool is_release_word(std::string_view text) { return is_word(text, "._-", 32); }

bool is_architecture(std::string_view text) {
  constexpr std::array<std::string_view, 8> k_known{"amd64", "arm64", "armhf", "armel", "i386", "ppc64el", "riscv64", "s390x"};
  return std::find(k_known.begin(), k_known.end(), text) != k_known.end();
}

bool is_version(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) { return is_number_up_to(part, 65535); });
}

bool is_package_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !is_architecture(text.substr(colon + 1))) return false;
  return is_word(text.substr(0, colon), "+-.", 128) && text.substr(0, colon).size() >= 2;
}

bool is_package_version(std::string_view text) {
  const auto is_inner = [](char letter) {
    return is_alphanumeric(letter) || std::string_view(".+-~:*").find(letter) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), is_inner);
}

bool is_suite(std::string_view text) { return is_word(text, "._-/", 64); }

bool is_file_name(std::string_view text) {
  const auto is_inner = [](char letter) {
    return is_alphanumeric(letter) || std::string_view("._+-").find(letter) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 128 && is_alphanumeric(text[0]) && std::all_of(text.begin(), text.end(), is_inner);
}

bool is_absolute_path(std::string_view text) { return text.starts_with('/') && RelPath::parse(text.substr(1)).has_value(); }

bool is_destination(std::string_view text) {
  constexpr std::array<std::string_view, 6> k_forbidden{
      "/var/lib/rootcellar", "/etc/rootcellar", "/var/log/rootcellar", "/proc", "/sys", "/dev"};
  return is_absolute_path(text) &&
         std::none_of(k_forbidden.begin(), k_forbidden.end(), [&](std::string_view folder) { return lies_under(text, folder); });
}

bool is_account(std::string_view text) {
  if (!text.empty() && is_digit(text[0])) return is_number_up_to(text, 4294967294);
  return !text.empty() && (text[0] == '_' || is_lower(text[0])) && is_word(cat("a", text.substr(1)), "_-", 32);
}

bool is_web_url(std::string_view text) {
  if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
  const bool is_visible = std::all_of(text.begin(), text.end(), [](char letter) { return letter > ' ' && letter < '\x7f'; });
  const std::string_view host = host_of(text);
  return is_visible && host.find('@') == std::string_view::npos &&
         (is_host_name(host) || is_host_name(split_endpoint(host).host) || is_numeric_endpoint(host));
}

bool is_tls_url(std::string_view text) { return text.starts_with("https://") && is_web_url(text); }

bool is_numeric_web_url(std::string_view text) {
  if (!is_web_url(text) || !text.starts_with("http://")) return false;
  return is_address(host_of(text)) || is_numeric_endpoint(host_of(text));
}

bool is_numeric_endpoint(std::string_view text) {
  const HostPort parts = split_endpoint(text);
  return is_address(parts.host) && is_port(parts.port);
}

bool is_registry_range(std::string_view text) {
  const HostPort parts = split_endpoint(text);
  return is_range(text) || (is_host_name(parts.host) && is_port(parts.port)) || is_numeric_endpoint(text);
}

bool is_log_size(std::string_view text) {
  if (text.empty() || std::string_view("kmg").find(text.back()) == std::string_view::npos) return false;
  return is_number_up_to(text.substr(0, text.size() - 1), 1000000) && text[0] != '0';
}

bool is_image_port(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view protocol = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
  return is_port(text.substr(0, slash)) && (protocol == "tcp" || protocol == "udp" || protocol == "sctp");
}

bool is_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && equals > 0;
}

bool is_member(std::string_view text) { return RelPath::parse(text.starts_with("./") ? text.substr(2) : text).has_value(); }

bool is_object_name(std::string_view text) { return is_word(text, ".-", 63) && is_lower_or_digit(text.back()); }

bool is_object(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string kind = lower_ascii(text.substr(0, slash));
  return is_object_name(kind) && is_object_name(text.substr(slash + 1));
}

bool is_node_label(std::string_view text) {
  const auto is_label_word = [](std::string_view word) {
    const auto is_inner = [](char letter) { return is_alphanumeric(letter) || letter == '.' || letter == '_' || letter == '-'; };
    return word.size() <= 63 && is_alphanumeric(word.front()) && is_alphanumeric(word.back()) &&
           std::all_of(word.begin(), word.end(), is_inner);
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  std::string_view key = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  const std::size_t slash = key.find('/');
  if (slash != std::string_view::npos && !is_object_name(key.substr(0, slash))) return false;
  if (slash != std::string_view::npos) key.remove_prefix(slash + 1);
  return !key.empty() && is_label_word(key) && (value.empty() || is_label_word(value));
}

bool is_chart_version(std::string_view text) {
  const auto is_inner = [](char letter) { return is_alphanumeric(letter) || letter == '.' || letter == '+' || letter == '-'; };
  return !text.empty() && text.size() <= 128 && is_alphanumeric(text[0]) && std::all_of(text.begin(), text.end(), is_inner);
}

bool is_site_domain(std::string_view text) {
  return is_word(text, ".-", 253) && is_lower_or_digit(text.back()) && text.find('.') != text.npos && text.find("..") == text.npos;
}

bool is_address_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.find(':') != std::string_view::npos) return false;
  return is_address(text.substr(0, dash)) && is_address(text.substr(dash + 1));
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  const bool is_octal = std::all_of(text.begin(), text.end(), [](char letter) { return letter >= '0' && letter <= '7'; });
  if (text.size() != 4 || !is_octal) return std::nullopt;
  std::uint32_t mode = 0;
  for (const char digit : text) mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  return mode;
}

}  // namespace rootcellar
