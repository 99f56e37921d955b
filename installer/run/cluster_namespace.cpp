#include "installer/run/cluster_namespace.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_patience = 60;  // seconds: pods end after their owners
constexpr std::uint64_t k_pause = 2000;  // milliseconds

bool is_clusters_own(std::string_view name) { return name == "configmap/kube-root-ca.crt" || name.starts_with("secret/default-token-"); }

bool ends_by_itself(std::string_view name) { return name.starts_with("pod/") || name.starts_with("replicaset."); }

std::vector<std::string> contents_of(const std::string& space, const ClusterApi& api) {
  std::vector<std::string> found;
  const std::string names =
      api.get({"all,configmaps,secrets,persistentvolumeclaims", "--namespace", space, "--output", "name"}).value_or("");
  for (const std::string_view line : split(names, '\n')) {
    if (!trim(line).empty() && !is_clusters_own(trim(line))) found.emplace_back(trim(line));
  }
  return found;
}

/// What is still there once pods have had their time to follow their owners.
std::vector<std::string> lasting_contents(const std::string& space, const ClusterApi& api) {
  HostSystem& host = api.scope().host();
  const std::int64_t start = host.ticks();
  std::vector<std::string> found = contents_of(space, api);
  while (!found.empty() && std::all_of(found.begin(), found.end(), ends_by_itself) && host.ticks() - start < k_patience) {
    host.sleep(k_pause);
    found = contents_of(space, api);
  }
  return found;
}

bool is_always_there(const std::string& space) { return space.empty() || space == "default"; }

}  // namespace

bool has_namespace(const std::string& space, const ClusterApi& api) {
  if (is_always_there(space)) return true;
  const auto found = api.get({"namespace", space, "--ignore-not-found", "--output", "name"});
  return found && !trim(*found).empty();
}

void make_namespace(const std::string& space, const ClusterApi& api) {
  if (has_namespace(space, api)) return;
  api.run_or_throw({"create", "namespace", space}, 60);
}

void remove_empty_namespace(const std::string& space, const ClusterApi& api) {
  if (is_always_there(space) || !api.answers() || !has_namespace(space, api)) return;
  const std::vector<std::string> left = lasting_contents(space, api);
  if (!left.empty())
    return api.scope().context.progress.warn(cat("namespace '", space, "' is left as it is, with ", left.front(), " in it"));
  api.run_or_throw({"delete", "namespace", space, "--ignore-not-found", "--timeout=120s"}, 150);
}

}  // namespace rootcellar
