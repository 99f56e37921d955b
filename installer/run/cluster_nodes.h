// The machines of a cluster as its API server lists them, beside what the site said they would be.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bundle/base/json.h"
#include "installer/run/cluster_api.h"

namespace rootcellar {

struct ClusterNode {
  std::string name;
  bool ready = false;
  std::string fault;                ///< why it is not ready, as its kubelet says; empty: ready
  std::vector<std::string> labels;  ///< "key=value"
};

/// `kubectl get nodes -o json`, sorted by name.
std::vector<ClusterNode> parse_nodes(const JsonValue& list);
/// A SystemError when the API server cannot be asked.
std::vector<ClusterNode> cluster_nodes(const ClusterApi& api);

/// One role, as a label says it ("rootcellar/role.db=yes") and the labels that go with it.
struct RoleLabels {
  std::string role;
  std::string mark;
  std::vector<std::string> labels;
};

struct NodeLine {
  std::string node;
  bool good = false;
  std::string state;  ///< "ready", "not ready: ...", "has not joined"
  std::vector<std::string> roles;
  std::vector<std::string> missing;  ///< labels of its roles that it lacks
};

/// A line for each node, then for each of `machines` that has not joined. `machines`: names and the roles the site gave them.
std::vector<NodeLine> node_lines(const std::vector<ClusterNode>& nodes, const std::vector<RoleLabels>& roles,
                                 const std::map<std::string, std::vector<std::string>>& machines);
/// Roles that no node has.
std::vector<std::string> roles_nobody_has(const std::vector<NodeLine>& lines, const std::vector<RoleLabels>& roles);
/// The command that gives a node what it lacks.
std::string label_command(const NodeLine& line);

}  // namespace rootcellar
