#include "installer/run/cluster_nodes.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "installer/run/json_at.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_longest = 200;

bool has(const std::vector<std::string>& list, const std::string& text) { return std::find(list.begin(), list.end(), text) != list.end(); }

ClusterNode parse_node(const JsonValue& json) {
  ClusterNode node;
  node.name = text_at(json, {"metadata", "name"});
  node.fault = "its kubelet has said nothing yet";
  for (const JsonValue& condition : items_at(json, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) != "Ready") continue;
    node.ready = text_at(condition, {"status"}) == "True";
    node.fault = node.ready ? std::string() : printable(text_at(condition, {"message"}), k_longest);
  }
  if (const JsonValue* labels = find_at(json, {"metadata", "labels"}); labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->members()) node.labels.push_back(cat(key, "=", value.as_string()));
  }
  return node;
}

NodeLine line_of(const ClusterNode& node, const std::vector<RoleLabels>& roles) {
  NodeLine line{node.name, node.ready, node.ready ? "ready" : cat("not ready: ", node.fault), {}, {}};
  for (const RoleLabels& role : roles) {
    if (!has(node.labels, role.mark)) continue;
    line.roles.push_back(role.role);
    std::copy_if(role.labels.begin(), role.labels.end(), std::back_inserter(line.missing), [&](const std::string& label) {
      return !has(node.labels, label.find('=') == label.npos ? label + '=' : label) && !has(line.missing, label);
    });
  }
  line.good = line.good && line.missing.empty();
  return line;
}

}  // namespace

std::vector<ClusterNode> parse_nodes(const JsonValue& list) {
  std::vector<ClusterNode> nodes;
  for (const JsonValue& item : items_at(list, {"items"})) nodes.push_back(parse_node(item));
  std::sort(nodes.begin(), nodes.end(), [](const ClusterNode& a, const ClusterNode& b) { return a.name < b.name; });
  return nodes;
}

std::vector<ClusterNode> cluster_nodes(const ClusterApi& api) {
  const auto list = api.get_json({"nodes"});
  return list ? parse_nodes(*list) : std::vector<ClusterNode>();
}

std::vector<NodeLine> node_lines(const std::vector<ClusterNode>& nodes, const std::vector<RoleLabels>& roles,
                                 const std::map<std::string, std::vector<std::string>>& machines) {
  std::vector<NodeLine> lines;
  for (const ClusterNode& node : nodes) lines.push_back(line_of(node, roles));
  for (const auto& [name, wanted] : machines) {
    const bool joined = std::any_of(nodes.begin(), nodes.end(), [&name = name](const ClusterNode& node) { return node.name == name; });
    if (!joined) lines.push_back({name, true, "has not joined", wanted, {}});
  }
  return lines;
}

std::vector<std::string> roles_nobody_has(const std::vector<NodeLine>& lines, const std::vector<RoleLabels>& roles) {
  std::vector<std::string> left;
  for (const RoleLabels& role : roles) {
    const bool taken = std::any_of(lines.begin(), lines.end(), [&](const NodeLine& line) { return has(line.roles, role.role); });
    if (!taken) left.push_back(role.role);
  }
  return left;
}

std::string label_command(const NodeLine& line) {
  return cat("kubectl label node ", line.node, " ", join(line.missing, " "), " --overwrite");
}

}  // namespace rootcellar
