// What helm remembers of a release, and what has to be cleared away before it can be installed or upgraded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct HelmRevision {
  std::uint64_t number = 0;
  std::string status;       ///< "deployed", "failed", "pending-install", ...
  std::string description;  ///< ours begins with "rootcellar sha256:"
};

/// `helm history -o json`, oldest first. InputError when it is something else.
std::vector<HelmRevision> parse_helm_history(std::string_view json);

struct HelmRoad {
  bool uninstall = false;             ///< it is half uninstalled: to the end with that first
  bool retry_hooks = false;           ///< jobs of an earlier try's hooks may stand in the way
  std::vector<std::uint64_t> forget;  ///< revisions whose records are deleted; their objects stay and are taken over
};

/// A release that was never deployed is installed anew, so that its install hooks run; one that was is upgraded.
HelmRoad helm_road(const std::vector<HelmRevision>& history);

}  // namespace rootcellar
