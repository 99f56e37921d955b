#include <algorithm>
#include <charconv>

#include "bundle/base/text.h"
#include "installer/plan/facts.h"

namespace rootcellar {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words = split(line, ' ');
  std::erase(words, std::string_view());
  return words;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The kernel prints an address as 32-bit words in the machine's byte order: little-endian on all we support.
std::string word_text(std::uint32_t word) { return cat(word & 255, ".", word >> 8 & 255, ".", word >> 16 & 255, ".", word >> 24); }

std::string ipv6_text(std::string_view hex) {
  if (hex == std::string_view("00000000000000000000000000000000")) return "::";
  if (hex == std::string_view("00000000000000000000000001000000")) return "::1";
  if (hex.substr(0, 24) == "0000000000000000FFFF0000") return word_text(parse_hex(hex.substr(24)).value_or(0));
  return lower_ascii(hex);
}

std::optional<ListeningPort> parse_socket(std::string_view line, const std::map<std::uint64_t, std::string>& users) {
  const std::vector<std::string_view> words = words_of(line);
  constexpr std::string_view k_listen = "0A";
  if (words.size() < 8 || words[3] != k_listen) return std::nullopt;
  const std::size_t colon = words[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view address = words[1].substr(0, colon);
  const std::optional<std::uint32_t> port = parse_hex(words[1].substr(colon + 1));
  const std::optional<std::uint64_t> uid = parse_u64(words[7]);
  if (!port || !uid) return std::nullopt;
  const auto user = users.find(*uid);
  return ListeningPort{*port, address.size() == 8 ? word_text(parse_hex(address).value_or(0)) : ipv6_text(address),
                       user == users.end() ? cat(*uid) : user->second};
}

void read_package_line(std::string_view line, std::string& name, InstalledPackage& package) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return;
  const std::string_view key = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 2);
  if (key == "Package") name = value;
  if (key == "Version") package.version = value;
  if (key != "Status") return;
  const std::vector<std::string_view> words = words_of(value);
  if (words.size() != 3) return;
  package.held = words[0] == "hold";
  package.state = words[2];
}

}  // namespace

std::map<std::string, std::string> parse_os_release(std::string_view text) {
  std::map<std::string, std::string> values;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (line.empty() || line[0] == '#' || equals == std::string_view::npos) continue;
    values[std::string(line.substr(0, equals))] = unquoted(trim(line.substr(equals + 1)));
  }
  return values;
}

std::map<std::string, InstalledPackage> parse_dpkg_status(std::string_view text) {
  std::map<std::string, InstalledPackage> packages;
  std::string name;
  InstalledPackage package;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) {
      read_package_line(line, name, package);
      continue;
    }
    const bool present = package.state != "not-installed" && package.state != "config-files";
    if (!name.empty() && present) packages[name] = package;
    name.clear();
    package = {};
  }
  if (!name.empty() && package.state != "not-installed" && package.state != "config-files") packages[name] = package;
  return packages;
}

std::map<std::uint64_t, std::string> parse_passwd(std::string_view text) {
  std::map<std::uint64_t, std::string> users;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() < 7) continue;
    const std::optional<std::uint64_t> uid = parse_u64(fields[2]);
    if (uid) users.emplace(*uid, fields[0]);
  }
  return users;
}

std::vector<ListeningPort> parse_listening(std::string_view text, const std::map<std::uint64_t, std::string>& users) {
  std::vector<ListeningPort> ports;
  for (const std::string_view line : split(text, '\n')) {
    if (std::optional<ListeningPort> port = parse_socket(line, users)) ports.push_back(std::move(*port));
  }
  return ports;
}

std::vector<std::string> parse_fib_trie(std::string_view text) {
  // "|-- 192.0.2.7" is followed by "/32 host LOCAL" when the address is this machine's.
  std::vector<std::string> addresses;
  std::string_view last;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with("|-- ")) last = line.substr(4);
    if (line == "/32 host LOCAL") addresses.emplace_back(last);
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace rootcellar
