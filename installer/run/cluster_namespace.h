// A namespace for what is deployed into it: made when it is not there, taken away when we made it and nothing is left in it.
#pragma once

#include <string>

#include "installer/run/cluster_api.h"

namespace rootcellar {

/// "" and "default" are always there.
bool has_namespace(const std::string& space, const ClusterApi& api);
void make_namespace(const std::string& space, const ClusterApi& api);
/// Leaves it, with a warning, when somebody's things are in it; does nothing when the cluster does not answer.
void remove_empty_namespace(const std::string& space, const ClusterApi& api);

}  // namespace rootcellar
