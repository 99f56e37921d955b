#include "installer/run/cluster_namespace.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::int64_t k_patience = 60;  // seconds: pods end after their owners
constexpr std::uint64_t k_pause = 2000;  // milliseconds

enum class Contents { nothing, ending, something };

bool is_clusters_own(std::string_view name) { return name == "configmap/kube-root-ca.crt" || name.starts_with("secret/default-token-"); }

Contents contents_of(const std::string& space, const ClusterApi& api) {
  Contents found = Contents::nothing;
  const auto names = api.get({"all,configmaps,secrets,persistentvolumeclaims", "--namespace", space, "--output", "name"});
  for (const std::string_view line : split(names.value_or(""), '\n')) {
    const std::string_view name = trim(line);
    if (name.empty() || is_clusters_own(name)) continue;
    if (!name.starts_with("pod/") && !name.starts_with("replicaset.")) return Contents::something;
    found = Contents::ending;
  }
  return found;
}

bool is_empty(const std::string& space, const ClusterApi& api) {
  HostSystem& host = api.scope().host();
  const std::int64_t start = host.now();
  Contents found = contents_of(space, api);
  while (found == Contents::ending && host.now() - start < k_patience) {
    host.sleep(k_pause);
    found = contents_of(space, api);
  }
  return found == Contents::nothing;
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
  if (is_empty(space, api))
    api.run_or_throw({"delete", "namespace", space, "--ignore-not-found", "--timeout=120s"}, 150);
  else
    api.scope().context.progress.warn(cat("namespace '", space, "' is not empty and is left as it is"));
}

}  // namespace rootcellar
