#include "installer/run/cluster_status.h"

#include "bundle/base/error.h"
#include "installer/run/cluster_watch.h"

namespace rootcellar {
namespace {

std::string in_the_way(const std::string& kubeconfig, const std::string& space, const ActionScope& scope) {
  const std::vector<std::string> sentences = stands_in_the_way(ClusterApi(scope, kubeconfig), space);
  return sentences.empty() ? std::string() : sentences.front();
}

// Looked at once: with no time left the wait says what it finds.
std::string found_by(const WaitInCluster& wait, const Step& step, RunContext& context) {
  WaitInCluster now = wait;
  now.wait.time_limit = 0;
  ActionScope scope{step, context};
  try {
    perform(now, scope);
    return {};
  } catch (const SystemError& error) {
    return error.message();
  }
}

}  // namespace

std::string cluster_step_fault(const Step& step, RunContext& context) {
  const ActionScope scope{step, context};
  if (const auto* wait = std::get_if<WaitInCluster>(&step.action)) return found_by(*wait, step, context);
  if (const auto* image = std::get_if<PullIntoContainerd>(&step.action)) return image_fault(*image, scope);
  if (const auto* chart = std::get_if<HelmRelease>(&step.action)) return in_the_way(chart->kubeconfig, chart->space, scope);
  if (const auto* manifest = std::get_if<ApplyManifest>(&step.action)) return in_the_way(manifest->kubeconfig, manifest->space, scope);
  if (const auto* access = std::get_if<ExportAccess>(&step.action)) return export_fault(*access, scope);
  return {};
}

}  // namespace rootcellar
