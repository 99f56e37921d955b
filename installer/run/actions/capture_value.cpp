#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_value_limit = std::size_t{1} << 20;

std::string value_in_cluster(const CaptureValue& action, const ClusterApi& api) {
  const ClusterCapture& capture = action.capture;
  std::vector<std::string> arguments = {capture.target, "--ignore-not-found", "--output", cat("jsonpath=", capture.expression)};
  for (const std::string& word : in_namespace(capture.space)) arguments.push_back(word);
  return api.get(std::move(arguments)).value_or("");
}

}  // namespace

ProbeResult probe(const CaptureValue& action, ActionScope& scope) {
  const auto kept = scope.host().read_file(capture_path(action.capture.name, scope), k_value_limit);
  if (!kept) return ProbeResult::needed;
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  return value_in_cluster(action, api) == *kept ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const CaptureValue&, ActionScope&) { return JsonValue::object(); }

void perform(const CaptureValue& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  const std::string value = value_in_cluster(action, api);
  if (trim(value).empty()) {
    throw SystemError(cat("cannot capture '", action.capture.name, "': expected a value at ", action.capture.expression, " of '",
                          action.capture.target, "'", namespace_text(action.capture.space), ", found none"));
  }
  write_private_file(capture_path(action.capture.name, scope), value, scope);
}

void take_back(const CaptureValue& action, const JsonValue&, bool, ActionScope& scope) {
  remove_private_file(capture_path(action.capture.name, scope), scope);
}

}  // namespace rootcellar
