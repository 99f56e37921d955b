#include "installer/plan/answers_lan.h"

#include "bundle/base/text.h"
#include "installer/plan/answers.h"
#include "installer/plan/network.h"

namespace rootcellar {
namespace {

bool is_domain(std::string_view text) { return is_host_name(text) && text.find('.') != text.npos; }
bool is_address(std::string_view text) { return parse_ipv4(text) && !text.starts_with("127.") && text != "0.0.0.0"; }
bool is_network(std::string_view text) { return parse_network(text).has_value(); }

bool is_person(std::string_view text) { return !text.empty() && text.size() <= 200 && printable(text) == text; }

bool is_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return false;
  const auto first = parse_ipv4(text.substr(0, dash)), last = parse_ipv4(text.substr(dash + 1));
  return first && last && *first <= *last;
}

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
    {"range", &LanAnswers::range, is_range, "two IPv4 addresses, the first the smaller", "give them like 192.0.2.240-192.0.2.250"},
    {"admin", &LanAnswers::admin, is_person, "one line of text", "give a name and how to reach them"},
};

std::optional<bool> read_truth(YamlMap& map, std::string_view key) {
  if (map.node().find(key) == nullptr) return std::nullopt;
  return map.boolean(key, true);
}

void read_certificate(const YamlNode& node, LanAnswers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "lan.certificate");
  for (const auto& [key, member] : {std::pair("chain", &answers.certificate_chain), std::pair("key", &answers.certificate_key)}) {
    const std::string text = map.require_text(key);
    const YamlNode* found = map.take(key);
    if (found == nullptr) continue;
    if (text.starts_with('/')) *member = text;
    else faults.add(*found, cat("'lan.certificate.", key, "' is not an absolute path"), "give the PEM file's, like /root/certificate/chain.pem");
  }
  map.finish();
}

void encode_certificate(YamlWriter& out, const LanAnswers& answers) {
  if (!answers.certificate_chain || !answers.certificate_key) return;
  out.key("certificate");
  out.begin_map();
  out.entry("chain", *answers.certificate_chain);
  out.entry("key", *answers.certificate_key);
  out.end_map();
}

constexpr std::pair<const char*, std::optional<bool> LanAnswers::*> k_truths[] = {
    {"nameserver", &LanAnswers::nameserver}, {"mdns", &LanAnswers::mdns}, {"time", &LanAnswers::time}, {"portal", &LanAnswers::portal}};

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
  if (const YamlNode* certificate = map.take("certificate")) read_certificate(*certificate, answers, faults);
  for (const auto& [key, member] : k_truths) answers.*member = read_truth(map, key);
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
  encode_certificate(out, answers);
  for (const auto& [key, member] : k_truths) {
    if (!(answers.*member)) continue;
    out.key(key);
    out.value_plain(*(answers.*member));
  }
  out.end_map();
}

}  // namespace rootcellar
