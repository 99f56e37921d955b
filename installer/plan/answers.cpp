#include "installer/plan/answers.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "bundle/base/yaml.h"
#include "bundle/site_template.h"
#include "installer/plan/answers_storage.h"
#include "installer/plan/endpoint.h"
#include "installer/plan/network.h"

namespace rootcellar {
namespace {

void read_storage(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "storage");
  const YamlNode* root = map.take("root");
  map.finish();
  if (root == nullptr) return;
  const std::string path = yaml_text(*root, faults, "storage.root");
  if (!is_storage_path(path)) {
    faults.add(*root, "'storage.root' is not the absolute path of a directory",
               "give a path like /srv/appliance, without '..' and without spaces");
    return;
  }
  answers.storage_root = path;
}

void read_registry(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "registry");
  const YamlNode* listen = map.take("listen");
  map.finish();
  if (listen == nullptr) return;
  const std::string text = yaml_text(*listen, faults, "registry.listen");
  if (!parse_endpoint(text)) {
    faults.add(*listen, "'registry.listen' is not a numeric address and a port",
               "give ADDRESS:PORT, for example 127.0.0.1:5000 or 0.0.0.0:5000");
    return;
  }
  answers.registry_listen = text;
}

void read_runtime(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "runtime");
  map.list("insecure_registries", [&](const YamlNode& item) {
    const std::string text = yaml_text(item, faults, "runtime.insecure_registries");
    if (is_registry_name(text)) {
      answers.insecure_registries.push_back(text);
    } else {
      faults.add(item, "expected HOST:PORT or a network like 192.0.2.0/24", "leave out 'http://' and any path");
    }
  });
  map.finish();
}

constexpr std::size_t k_name_limit = 253;  // RFC 1123, 2.1

/// What may stand in `${answers.KEY}`.
bool is_key(const std::string& text) {
  std::string reason;
  const auto reference = parse_template_reference(cat("answers.", text), reason);
  return reference && reference->filters.empty() && reference->name == cat("answers.", text);
}

std::optional<std::string> checked(YamlMap& map, std::string_view key, bool (*fine)(std::string_view), std::string_view message,
                                   std::string_view hint) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return std::nullopt;
  std::string text = yaml_text(*node, map.faults(), cat("cluster.", key));
  if (fine(text)) return text;
  map.faults().add(*node, cat("'cluster.", key, "' is not ", message), std::string(hint));
  return std::nullopt;
}

bool is_node_address(std::string_view text) { return parse_ipv4(text) && !text.starts_with("127.") && text != "0.0.0.0"; }
bool is_network(std::string_view text) { return parse_network(text).has_value(); }

void read_cluster(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "cluster");
  ClusterAnswers& cluster = answers.cluster;
  cluster.address = checked(map, "address", is_node_address, "a numeric IPv4 address of a network", "give an address like 192.0.2.10");
  if (const YamlNode* roles = map.take("roles")) {
    cluster.roles.emplace();
    if (roles->kind != YamlNode::Kind::list) faults.add(*roles, "expected a list of roles", "write '[]' for a machine without a role");
    for (const YamlNode& item : roles->items) cluster.roles->push_back(yaml_text(item, faults, "cluster.roles"));
  }
  map.map("machines", [&](const std::string& name, const YamlNode& roles) {
    std::vector<std::string>& list = cluster.machines[name];
    if (!is_host_name(name)) faults.add(roles, cat("'", printable(name), "' is not a host name in small letters"));
    if (roles.kind != YamlNode::Kind::list) faults.add(roles, "expected a list of roles", "write '[]' for a machine without a role");
    for (const YamlNode& item : roles.items) list.push_back(yaml_text(item, faults, "cluster.machines"));
  });
  cluster.endpoint = checked(map, "endpoint", is_host_name, "a host name in small letters", "give a name like cluster.internal");
  for (const auto& [key, value] : {std::pair("pod_cidr", &cluster.pod_cidr), std::pair("service_cidr", &cluster.service_cidr)}) {
    *value = checked(map, key, is_network, "an IPv4 network", "give the network's first address and its length, like 10.244.0.0/16");
  }
  map.list("nameservers", [&](const YamlNode& item) {
    cluster.nameservers.push_back(yaml_text(item, faults, "cluster.nameservers"));
    if (!is_node_address(cluster.nameservers.back())) {
      faults.add(item, "expected a nameserver's numeric IPv4 address", "pods cannot ask this machine's loopback");
    }
  });
  map.list("cert_sans", [&](const YamlNode& item) {
    const std::string text = yaml_text(item, faults, "cluster.cert_sans");
    if (is_host_name(text)) {
      cluster.cert_sans.push_back(text);
    } else {
      faults.add(item, "expected a host name in small letters or an IPv4 address");
    }
  });
  map.finish();
}

void read_values(YamlMap& map, Answers& answers) {
  map.map("values", [&](const std::string& name, const YamlNode& value) {
    if (!is_key(name)) map.faults().add(value, cat("'${answers.", printable(name), "}' cannot be written, so nothing can ask for it"));
    answers.values[name] = yaml_text(value, map.faults(), cat("values.", name));
  });
}

void read_clock(const YamlNode& node, Answers& answers, YamlFaults& faults) {
  YamlMap map(node, faults, "clock");
  if (map.node().find("correct") != nullptr) answers.correct_clock = map.boolean("correct", false);
  map.finish();
}

void encode_optional(YamlWriter& out, std::string_view key, const std::optional<std::string>& value) {
  if (value) out.entry(key, *value);
}

void encode_cluster(YamlWriter& out, const ClusterAnswers& cluster) {
  if (cluster == ClusterAnswers()) return;
  out.key("cluster");
  out.begin_map();
  encode_optional(out, "address", cluster.address);
  if (cluster.roles) out.entry_list("roles", *cluster.roles);
  if (!cluster.machines.empty()) {
    out.key("machines");
    out.begin_map();
    for (const auto& [name, roles] : cluster.machines) out.entry_list(name, roles);
    out.end_map();
  }
  encode_optional(out, "endpoint", cluster.endpoint);
  encode_optional(out, "pod_cidr", cluster.pod_cidr);
  encode_optional(out, "service_cidr", cluster.service_cidr);
  if (!cluster.nameservers.empty()) out.entry_list("nameservers", cluster.nameservers);
  if (!cluster.cert_sans.empty()) out.entry_list("cert_sans", cluster.cert_sans);
  out.end_map();
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > k_name_limit || text.front() == '.' || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

Answers parse_answers(std::string_view text, std::string_view file) {
  const YamlNode document = parse_yaml(text, std::string(file));
  Answers answers;
  if (document.kind == YamlNode::Kind::null) return answers;
  YamlFaults faults;
  YamlMap map(document, faults, "answers");
  if (const YamlNode* node = map.take("storage")) read_storage(*node, answers, faults);
  if (const YamlNode* node = map.take("registry")) read_registry(*node, answers, faults);
  if (const YamlNode* node = map.take("runtime")) read_runtime(*node, answers, faults);
  if (const YamlNode* node = map.take("cluster")) read_cluster(*node, answers, faults);
  if (const YamlNode* node = map.take("nfs")) read_nfs_answers(*node, answers, faults);
  if (const YamlNode* node = map.take("existing")) {
    answers.existing = read_existing(*node, faults);
    if (!answers.existing.nameservers.empty() && !answers.cluster.nameservers.empty())
      faults.add(*node, "'existing.dns' and 'cluster.nameservers' both say whom pods ask", "keep one: of 'existing.dns' each server is asked first");
  }
  if (const YamlNode* node = map.take("lan")) read_lan_answers(*node, answers.lan, faults);
  if (const YamlNode* node = map.take("clock")) read_clock(*node, answers, faults);
  read_values(map, answers);
  map.finish();
  faults.throw_if_any();
  return answers;
}

std::string encode_answers(const Answers& answers) {
  YamlWriter out;
  out.begin_map();
  if (answers.storage_root) {
    out.key("storage");
    out.begin_map();
    out.entry("root", *answers.storage_root);
    out.end_map();
  }
  if (answers.registry_listen) {
    out.key("registry");
    out.begin_map();
    out.entry("listen", *answers.registry_listen);
    out.end_map();
  }
  if (!answers.insecure_registries.empty()) {
    out.key("runtime");
    out.begin_map();
    out.entry_list("insecure_registries", answers.insecure_registries);
    out.end_map();
  }
  encode_cluster(out, answers.cluster);
  encode_nfs_answers(out, answers);
  encode_existing(out, answers.existing);
  encode_lan_answers(out, answers.lan);
  if (answers.correct_clock) {
    out.key("clock");
    out.begin_map();
    out.key("correct");
    out.value_plain(*answers.correct_clock);
    out.end_map();
  }
  if (!answers.values.empty()) {
    out.key("values");
    out.begin_map();
    for (const auto& [key, value] : answers.values) out.entry(key, value);
    out.end_map();
  }
  out.end_map();
  return out.finish();
}

}  // namespace rootcellar
