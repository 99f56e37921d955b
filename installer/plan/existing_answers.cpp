#include "installer/plan/existing_answers.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/answers_storage.h"
#include "installer/plan/endpoint.h"
#include "installer/plan/network.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_account_limit = 128;

/// Copied by root, who starts in another folder.
bool is_absolute_file(std::string_view text) { return text.starts_with('/') && text.size() > 1 && !text.ends_with('/'); }

/// A colon would end it (RFC 7617, 2).
bool is_account(std::string_view text) {
  return !text.empty() && text.size() <= k_account_limit &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

bool is_context(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != '"' && c != '\\'; });
}

bool is_registry_address(std::string_view text) {
  if (parse_endpoint(text)) return true;
  const std::size_t colon = text.find(':');
  // is_registry_name() has looked at the number.
  return colon != std::string_view::npos && colon + 1 < text.size() && text.find('/') == std::string_view::npos && is_registry_name(text);
}

struct Wanted {
  bool (*fine)(std::string_view);
  std::string_view message, hint;
};
constexpr Wanted k_file{is_absolute_file, "the absolute path of a file", "it is copied by root, so a path from '/' on is needed"};

std::string checked(YamlMap& map, std::string_view where, std::string_view key, const Wanted& wanted, bool required = false) {
  const YamlNode* node = required ? map.require(key) : map.take(key);
  if (node == nullptr) return {};
  const std::string name = cat(where, ".", key);
  std::string text = yaml_text(*node, map.faults(), name);
  if (!wanted.fine(text)) map.faults().add(*node, cat("'", name, "' is not ", wanted.message), std::string(wanted.hint));
  return text;
}

ExistingRegistry read_registry(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "existing.registry");
  const std::string_view where = "existing.registry";
  ExistingRegistry registry;
  registry.address = checked(map, where, "address", {is_registry_address, "HOST:PORT", "leave out 'https://' and any path"}, true);
  registry.ca = checked(map, where, "ca", k_file);
  registry.account = checked(map, where, "account", {is_account, "an account's name", "without spaces and colons"});
  registry.password_file = checked(map, where, "password_file", k_file);
  if (registry.account.empty() != registry.password_file.empty())
    faults.add(node, "'existing.registry' has one of 'account' and 'password_file' only",
               "give both, or none where it asks for no account");
  map.finish();
  return registry;
}

ExistingCluster read_cluster(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "existing.cluster");
  const std::string_view where = "existing.cluster";
  ExistingCluster cluster;
  cluster.kubeconfig = checked(map, where, "kubeconfig", k_file, true);
  cluster.context = checked(map, where, "context", {is_context, "the name of a context", ""});
  map.finish();
  return cluster;
}

bool is_server(std::string_view text) { return parse_ipv4(text) && !text.starts_with("127.") && text != "0.0.0.0"; }

std::vector<std::string> read_dns(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "existing.dns");
  std::vector<std::string> servers;
  map.list("servers", [&](const YamlNode& item) {
    servers.push_back(yaml_text(item, faults, "existing.dns.servers"));
    if (!is_server(servers.back()))
      faults.add(item, "expected a nameserver's numeric IPv4 address", "pods cannot ask this machine's loopback");
  });
  if (servers.empty() && node.kind == YamlNode::Kind::map) faults.add(node, "'existing.dns' names no server", "servers: [192.0.2.53]");
  map.finish();
  return servers;
}

void encode_registry(YamlWriter& out, const ExistingRegistry& registry) {
  out.key("registry");
  out.begin_map();
  out.entry("address", registry.address);
  for (const auto& [key, value] :
       {std::pair("ca", &registry.ca), std::pair("account", &registry.account), std::pair("password_file", &registry.password_file)}) {
    if (!value->empty()) out.entry(key, *value);
  }
  out.end_map();
}

void encode_cluster(YamlWriter& out, const ExistingCluster& cluster) {
  out.key("cluster");
  out.begin_map();
  out.entry("kubeconfig", cluster.kubeconfig);
  if (!cluster.context.empty()) out.entry("context", cluster.context);
  out.end_map();
}

}  // namespace

ExistingAnswers read_existing(const YamlNode& node, YamlFaults& faults) {
  YamlMap map(node, faults, "existing");
  ExistingAnswers existing;
  if (const YamlNode* registry = map.take("registry")) existing.registry = read_registry(*registry, faults);
  if (const YamlNode* cluster = map.take("cluster")) existing.cluster = read_cluster(*cluster, faults);
  if (const YamlNode* dns = map.take("dns")) existing.nameservers = read_dns(*dns, faults);
  if (const YamlNode* nfs = map.take("nfs")) existing.nfs = read_existing_nfs(*nfs, faults);
  map.finish();
  return existing;
}

void encode_existing(YamlWriter& out, const ExistingAnswers& existing) {
  if (existing == ExistingAnswers()) return;
  out.key("existing");
  out.begin_map();
  if (existing.registry) encode_registry(out, *existing.registry);
  if (existing.cluster) encode_cluster(out, *existing.cluster);
  if (!existing.nameservers.empty()) {
    out.key("dns");
    out.begin_map();
    out.entry_list("servers", existing.nameservers);
    out.end_map();
  }
  if (existing.nfs) encode_existing_nfs(out, *existing.nfs);
  out.end_map();
}

}  // namespace rootcellar
