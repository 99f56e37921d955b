// What a control-plane node's `status` says of the cluster's machines: who is there, who is not yet, what each lacks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "installer/commands/kept_state.h"
#include "installer/run/cluster_nodes.h"

namespace rootcellar {

struct ClusterView {
  std::string fault;  ///< why the cluster could not be asked; empty: it answered
  std::vector<NodeLine> nodes;
  std::vector<std::string> free_roles;  ///< roles of the appliance that no node has

  bool good() const;
};

/// Nothing where this machine has no administrator's key of a cluster that it made or joined.
std::optional<ClusterView> look_at_cluster(Surroundings& surroundings, const Bundle& bundle, const JournaledPlan& plan);
std::string render_cluster(const ClusterView& view);
JsonValue cluster_json(const ClusterView& view);

}  // namespace rootcellar
