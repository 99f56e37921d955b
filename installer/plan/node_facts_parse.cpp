#include <algorithm>
#include <array>
#include <charconv>

#include "bundle/base/text.h"
#include "installer/plan/node_facts.h"

namespace rootcellar {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!(line = trim(line)).empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

std::string_view without_comment(std::string_view line) { return trim(line.substr(0, line.find('#'))); }

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// /proc/net/route prints addresses as words in the machine's byte order: little-endian on all we support.
std::optional<std::uint32_t> parse_route_word(std::string_view text) {
  const auto word = parse_hex(text);
  if (!word || text.size() != 8) return std::nullopt;
  const auto w = static_cast<std::uint32_t>(*word);
  return w << 24 | (w & 0xff00) << 8 | (w >> 8 & 0xff00) | w >> 24;
}

std::optional<Route> parse_route(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() < 8) return std::nullopt;
  constexpr std::uint64_t k_up = 1, k_reject = 0x200;
  const auto to = parse_route_word(words[1]), gateway = parse_route_word(words[2]), mask = parse_route_word(words[7]);
  const auto flags = parse_hex(words[3]), metric = parse_u64(words[6]);
  if (!to || !gateway || !mask || !flags || !metric || (*flags & k_up) == 0 || (*flags & k_reject) != 0) return std::nullopt;
  const auto prefix = static_cast<unsigned>(__builtin_popcount(*mask));
  return Route{std::string(words[0]), {*to, prefix}, *gateway, *metric};
}

/// 169.254.77 is ours, for registries' own names (own_names.cpp): no other machine reaches it either.
bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("169.254.77.") || address == "::1";
}

std::string underscored(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

/// Lines "kernel/net/bridge/br_netfilter.ko.xz: ..." of modules.dep and modules.builtin.
bool lists_module(std::string_view text, std::string_view module) {
  for (std::string_view line : split(text, '\n')) {
    line = line.substr(0, line.find(':'));
    line = line.substr(line.rfind('/') + 1);
    const std::size_t suffix = line.find(".ko");
    if (suffix != std::string_view::npos && underscored(line.substr(0, suffix)) == module) return true;
  }
  return false;
}

}  // namespace

std::vector<SwapEntry> parse_swaps(std::string_view text) {
  std::vector<SwapEntry> swaps;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() >= 5 && words[0].starts_with('/')) swaps.push_back({std::string(words[0]), std::string(words[1])});
  }
  return swaps;
}

std::vector<std::string> parse_fstab_swaps(std::string_view text) {
  std::vector<std::string> swaps;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(without_comment(line));
    if (words.size() >= 3 && words[2] == "swap") swaps.emplace_back(words[0]);
  }
  return swaps;
}

std::vector<Route> parse_routes(std::string_view text) {
  std::vector<Route> routes;
  for (const std::string_view line : split(text, '\n')) {
    if (std::optional<Route> route = parse_route(line)) routes.push_back(std::move(*route));
  }
  return routes;
}

std::vector<NodeAddress> place_addresses(const std::vector<std::string>& own, const std::vector<Route>& routes) {
  std::vector<NodeAddress> placed;
  for (const std::string& text : own) {
    const auto address = parse_ipv4(text);
    if (!address || is_loopback(text)) continue;
    const auto route = std::find_if(routes.begin(), routes.end(),
                                    [&](const Route& r) { return r.gateway == 0 && r.to.prefix > 0 && r.to.contains(*address); });
    placed.push_back({text, route == routes.end() ? std::string() : route->interface});
  }
  return placed;
}

std::map<std::string, std::string> parse_hosts(std::string_view text) {
  std::map<std::string, std::string> hosts;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(without_comment(line));
    for (std::size_t i = 1; i < words.size(); ++i) hosts.emplace(words[i], words[0]);
  }
  return hosts;
}

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf found;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(without_comment(line.substr(0, line.find(';'))));
    if (words.size() < 2) continue;
    if (words[0] == "nameserver" && !is_loopback(words[1])) found.nameservers.emplace_back(words[1]);
    if (words[0] == "search" || words[0] == "domain") found.search.assign(words.begin() + 1, words.end());
  }
  return found;
}

std::uint64_t parse_memory(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() >= 2 && words[0] == "MemTotal:") return parse_u64(words[1]).value_or(0) * 1024;
  }
  return 0;
}

std::uint64_t parse_processors(std::string_view text) {
  std::uint64_t count = 0;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() >= 2 && words[0] == "processor" && words[1].starts_with(':')) ++count;
  }
  return count;
}

bool may_lower_oom_score(std::string_view text) {
  constexpr unsigned k_sys_resource = 24;  // capabilities(7), linux/capability.h
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() == 2 && words[0] == "CapEff:") return (parse_hex(words[1]).value_or(~std::uint64_t{0}) >> k_sys_resource & 1) != 0;
  }
  return true;
}

bool sets_proxy(std::string_view text) {
  constexpr std::array<std::string_view, 3> k_proxies = {"http_proxy=", "https_proxy=", "all_proxy="};
  for (const std::string_view raw : split(text, '\n')) {
    const std::string line = lower_ascii(without_comment(raw));
    if (line.find("environment=") == std::string::npos) continue;
    if (std::any_of(k_proxies.begin(), k_proxies.end(), [&](std::string_view name) { return line.find(name) != std::string::npos; }))
      return true;
  }
  return false;
}

bool nftables_drop(std::string_view text) {
  for (const std::string_view raw : split(text, '\n')) {
    for (std::string_view word : words_of(without_comment(raw))) {
      while (word.ends_with(';') || word.ends_with('}')) word.remove_suffix(1);
      if (word == "drop" || word == "reject") return true;
    }
  }
  return false;
}

bool chain_drops(std::string_view text, std::string_view chain) {
  bool filter = false;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with('*')) filter = line == "*filter";
    const std::vector<std::string_view> words = words_of(line);
    if (filter && words.size() >= 2 && words[0] == cat(":", chain) && words[1] != "ACCEPT") return true;
  }
  return false;
}

bool knows_module(const ModuleTexts& texts, std::string_view module) {
  const std::string name = underscored(module);
  for (const std::string_view line : split(texts.loaded, '\n')) {
    if (underscored(line.substr(0, line.find(' '))) == name) return true;
  }
  for (const std::string_view line : split(texts.filesystems, '\n')) {
    if (!words_of(line).empty() && words_of(line).back() == name) return true;
  }
  return lists_module(texts.builtin, name) || lists_module(texts.available, name);
}

}  // namespace rootcellar
