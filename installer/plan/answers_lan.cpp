#include "installer/plan/answers_lan.h"

#include "installer/plan/host_name.h"
#include "installer/plan/network.h"

namespace rootcellar {
namespace {

bool is_domain(std::string_view text) { return is_host_name(text) && text.find('.') != text.npos; }
bool is_address(std::string_view text) { return parse_ipv4(text) && !text.starts_with("127.") && text != "0.0.0.0"; }
bool is_network(std::string_view text) { return parse_network(text).has_value(); }

struct Rule {
  std::string_view key;
  std::optional<std::string> LanAnswers::*member;
  bool (*fine)(std::string_view);
  std::string_view message, hint;
};

constexpr Rule k_rules[] = {
    {"domain", &LanAnswers::domain, is_domain, "a domain's name in small letters", "give a name with a dot, like lab.internal"},
    {"address", &LanAnswers::address, is_address, "a numeric IPv4 address of a network", "give an address like 192.0.2.20"},
    {"network", &LanAnswers::network, is_network, "an IPv4 network",
     "give the network's first address and its length, like 192.0.2.0/24"},
};

/// Nothing when it is not said. A second reading of the same key says the same faults once more, so it is read once.
std::optional<bool> read_truth(YamlMap& map, std::string_view key) {
  if (map.node().find(key) == nullptr) return std::nullopt;
  return map.boolean(key, true);
}

}  // namespace

void read_lan_answers(const YamlNode& node, LanAnswers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "lan");
  for (const Rule& rule : k_rules) {
    const YamlNode* found = map.take(rule.key);
    if (found == nullptr) continue;
    std::string text = yaml_text(*found, faults, cat("lan.", rule.key));
    if (rule.fine(text)) answers.*rule.member = std::move(text);
    else faults.add(*found, cat("'lan.", rule.key, "' is not ", rule.message), std::string(rule.hint));
  }
  map.map("hosts", [&](const std::string& name, const YamlNode& address) {
    const std::string text = yaml_text(address, faults, "lan.hosts");
    if (!is_host_name(name)) faults.add(address, cat("'", printable(name), "' is not a name in small letters"));
    else if (!is_address(text)) faults.add(address, "expected a numeric IPv4 address");
    else answers.hosts[name] = text;
  });
  answers.nameserver = read_truth(map, "nameserver");
  answers.time = read_truth(map, "time");
  answers.portal = read_truth(map, "portal");
  map.finish();
}

void encode_lan_answers(YamlWriter& out, const LanAnswers& answers) {
  if (answers == LanAnswers()) return;
  out.key("lan");
  out.begin_map();
  for (const Rule& rule : k_rules) {
    if (answers.*rule.member) out.entry(rule.key, *(answers.*rule.member));
  }
  if (!answers.hosts.empty()) {
    out.key("hosts");
    out.begin_map();
    for (const auto& [name, address] : answers.hosts) out.entry(name, address);
    out.end_map();
  }
  for (const auto& [key, truth] : {std::pair("nameserver", answers.nameserver), std::pair("time", answers.time), std::pair("portal", answers.portal)}) {
    if (truth) out.key(key), out.value_plain(*truth);
  }
  out.end_map();
}

}  // namespace rootcellar
