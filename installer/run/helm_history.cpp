#include "installer/run/helm_history.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "installer/run/json_at.h"

namespace rootcellar {

std::vector<HelmRevision> parse_helm_history(std::string_view json) {
  const JsonValue list = parse_json(json, "helm's history");
  if (!list.is_array()) throw InputError("helm's history: expected a list of revisions");
  std::vector<HelmRevision> history;
  for (const JsonValue& item : list.items())
    history.push_back({number_at(item, {"revision"}), text_at(item, {"status"}), text_at(item, {"description"})});
  std::sort(history.begin(), history.end(), [](const HelmRevision& a, const HelmRevision& b) { return a.number < b.number; });
  return history;
}

HelmRoad helm_road(const std::vector<HelmRevision>& history) {
  HelmRoad road;
  if (history.empty()) return road;
  const std::string& last = history.back().status;
  const bool once_deployed = std::any_of(history.begin(), history.end(), [](const HelmRevision& revision) {
    return revision.status == "deployed" || revision.status == "superseded";
  });
  road.uninstall = last == "uninstalling";
  if (road.uninstall) return road;
  road.retry_hooks = last == "failed" || last.starts_with("pending-");
  for (const HelmRevision& revision : history) {
    if (!once_deployed || revision.status.starts_with("pending-")) road.forget.push_back(revision.number);
  }
  return road;
}

}  // namespace rootcellar
