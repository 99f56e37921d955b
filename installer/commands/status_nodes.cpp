#include "installer/commands/status_nodes.h"

#include <algorithm>

#include "bundle/base/cli.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/plan.h"

namespace rootcellar {
namespace {

bool is_node(const JournaledPlan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [](const Step& step) { return std::holds_alternative<KubeadmInit>(step.action); });
}

std::vector<RoleLabels> roles_of(const Bundle& bundle) {
  std::vector<RoleLabels> roles;
  for (RoleMark& mark : role_marks(bundle.index().appliance))
    roles.push_back({std::move(mark.role), std::move(mark.mark), std::move(mark.labels)});
  return roles;
}

ClusterView ask(Surroundings& surroundings, const Bundle& bundle, const JournaledPlan& plan) {
  const Step step{"status", "look at the cluster's nodes", "", WaitInCluster{}};
  RunContext context{.host = surroundings.host, .progress = silent_progress(), .paths = surroundings.paths};
  const ActionScope scope{step, context};
  std::map<std::string, std::vector<std::string>> machines = KeptState(surroundings).answers().value_or(Answers()).cluster.machines;
  if (machines.empty() && plan.join) machines = plan.join->machines;
  const std::vector<RoleLabels> roles = roles_of(bundle);
  ClusterView view;
  view.nodes = node_lines(cluster_nodes(ClusterApi(scope, k_admin_kubeconfig)), roles, machines);
  view.free_roles = roles_nobody_has(view.nodes, roles);
  return view;
}

}  // namespace

bool ClusterView::good() const {
  return fault.empty() && std::all_of(nodes.begin(), nodes.end(), [](const NodeLine& line) { return line.good; });
}

std::optional<ClusterView> look_at_cluster(Surroundings& surroundings, const Bundle& bundle, const JournaledPlan& plan) {
  if (!is_node(plan) || !surroundings.host.exists(k_admin_kubeconfig)) return std::nullopt;
  try {
    return ask(surroundings, bundle, plan);
  } catch (const SystemError& error) {
    return ClusterView{error.message(), {}, {}};
  }
}

std::string render_cluster(const ClusterView& view) {
  if (!view.fault.empty()) return cat("\nThe cluster's machines were not looked at: ", view.fault, "\n");
  std::vector<std::vector<std::string>> rows{{"machine", "state", "roles"}};
  for (const NodeLine& line : view.nodes) rows.push_back({line.node, line.state, join(line.roles, ", ")});
  std::string out = cat("\n", cli::table(rows));
  for (const NodeLine& line : view.nodes) {
    if (!line.missing.empty()) out += cat("'", line.node, "' lacks labels of its roles; run: ", label_command(line), "\n");
  }
  if (!view.free_roles.empty()) out += cat("no machine has the role ", join(view.free_roles, ", "), "\n");
  return out;
}

JsonValue cluster_json(const ClusterView& view) {
  JsonValue nodes = JsonValue::array();
  for (const NodeLine& line : view.nodes) {
    nodes.push(JsonValue::object({{"name", JsonValue::string(line.node)},
                                  {"good", JsonValue::boolean(line.good)},
                                  {"state", JsonValue::string(line.state)},
                                  {"roles", JsonValue::string_array(line.roles)},
                                  {"missing_labels", JsonValue::string_array(line.missing)}}));
  }
  return JsonValue::object(
      {{"fault", JsonValue::string(view.fault)}, {"machines", std::move(nodes)}, {"free_roles", JsonValue::string_array(view.free_roles)}});
}

}  // namespace rootcellar
