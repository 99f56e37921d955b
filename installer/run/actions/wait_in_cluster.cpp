#include <algorithm>

#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/node_pods.h"
#include "installer/run/runtime_values.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_http_limit = 5;  // seconds

WorkloadState value_state(const ClusterWait& wait, const ClusterApi& api) {
  std::vector<std::string> arguments = {wait.target, "--ignore-not-found", "--output", cat("jsonpath=", wait.expression)};
  for (const std::string& word : in_namespace(wait.space)) arguments.push_back(word);
  const std::string value(trim(api.get(std::move(arguments)).value_or("")));
  const std::string found =
      value.empty() ? cat("found nothing at ", wait.expression) : cat("found '", printable(value, 200), "' at ", wait.expression);
  const bool failed = std::find(wait.fails.begin(), wait.fails.end(), value) != wait.fails.end();
  const bool ready = wait.expect.empty() ? !value.empty() : value == wait.expect;
  return {.ready = ready && !failed,
          .failed = failed,
          .text = wait.expect.empty() ? found : cat("expected '", printable(wait.expect, 200), "', ", found)};
}

WorkloadState page_state(const ClusterWait& wait, const std::string& url, HostSystem& host) {
  const HttpReply reply = host.http_get(url, k_http_limit);
  if (reply.status == 0) return {.text = cat("expected an answer, found none: ", printable(reply.body, 200))};
  if (wait.expect.empty()) return {.ready = reply.status == 200, .text = cat("expected status 200, found ", reply.status)};
  const bool says = reply.body.find(wait.expect) != reply.body.npos;
  return {.ready = says,
          .text = cat("expected '", printable(wait.expect, 100), "' in the answer, found status ", reply.status, " and '",
                      printable(trim(reply.body), 100), "'")};
}

WorkloadState state_of(const WaitInCluster& action, const ClusterApi& api) {
  const ClusterWait& wait = action.wait;
  if (wait.kind == "rollout" || wait.kind == "job") return object_state(api, wait.target, wait.space);
  if (wait.kind == "jsonpath") return value_state(wait, api);
  if (wait.kind == k_wait_for_node_pods) return node_pods_state(api, wait.target);
  if (wait.kind == "http") {
    const FilledText url = fill_in(wait.target, action.values, cat("wait for '", wait.target, "'"), api.scope());
    return page_state(wait, url.text, api.scope().host());
  }
  throw InputError(cat("wait for '", printable(wait.target), "': expected a kind of wait (rollout, job, jsonpath, http), found '",
                       printable(wait.kind), "'"));
}

WatchedThing watched(const ClusterWait& wait, const ClusterApi& api) {
  if (wait.kind != k_wait_for_node_pods) return {wait.target, wait.space, wait.time_limit};
  return {cat("the pods of node ", wait.target), "", wait.time_limit, [&] { return faults_of_node_pods(api, wait.target); },
          cat("get pods --all-namespaces --field-selector spec.nodeName=", wait.target)};
}

}  // namespace

ProbeResult probe(const WaitInCluster& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  return state_of(action, api).ready ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const WaitInCluster&, ActionScope&) { return JsonValue::object(); }

void perform(const WaitInCluster& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  watch_until_ready(watched(action.wait, api), api, [&] { return state_of(action, api); });
}

void take_back(const WaitInCluster&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
