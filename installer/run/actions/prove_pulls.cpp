#include <algorithm>
#include <map>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_nodes.h"
#include "installer/run/json_at.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr const char* k_space = "rootcellar-proof";
constexpr const char* k_no_program = "/rootcellar-proof";  // no image has it: the pull counts, and nothing of the image runs
constexpr std::uint64_t k_pause = 1000;                    // milliseconds
constexpr std::int64_t k_patience = 60;                    // seconds, for the namespace's own account
constexpr std::uint64_t k_call = 60, k_removal = 150;

struct Pull {
  std::string pod, node, image;
};

std::vector<std::string> nodes_that_run_pods(const ClusterApi& api) {
  const auto list = api.get_json({"nodes"});
  std::vector<std::string> names;
  for (const JsonValue& item : list ? items_at(*list, {"items"}) : std::vector<JsonValue>{}) {
    if (!truth_at(item, {"spec", "unschedulable"})) names.push_back(text_at(item, {"metadata", "name"}));
  }
  const std::vector<ClusterNode> nodes = list ? parse_nodes(*list) : std::vector<ClusterNode>{};
  std::erase_if(names, [&](const std::string& name) {
    return std::none_of(nodes.begin(), nodes.end(), [&](const ClusterNode& node) { return node.name == name && node.ready; });
  });
  if (names.empty()) throw HostError("cannot prove that the site's cluster gets images: none of its nodes is ready and takes pods");
  return names;
}

std::vector<Pull> wanted_pulls(const ProvePulls& action, const ClusterApi& api) {
  std::vector<Pull> pulls;
  for (const std::string& node : nodes_that_run_pods(api)) {
    for (const std::string& image : action.images) pulls.push_back({cat("pull-", pulls.size()), node, image});
  }
  return pulls;
}

/// Of what the strictest of Kubernetes' own pod security standards takes ("restricted"); on its node whatever the node's taints say.
std::string pod_text(const Pull& pull) {
  const auto word = [](const std::string& text) { return JsonValue::string(text).dump(); };
  return cat(
      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: ", pull.pod, ", namespace: ", k_space, "}\nspec:\n  nodeName: ", word(pull.node),
      "\n  restartPolicy: Never\n  automountServiceAccountToken: false\n  enableServiceLinks: false\n  terminationGracePeriodSeconds: 0\n"
      "  tolerations: [{operator: Exists}]\n  securityContext: {runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: "
      "RuntimeDefault}}\n  containers:\n    - name: pull\n      image: ",
      word(pull.image), "\n      imagePullPolicy: Always\n      command: [", k_no_program,
      "]\n      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}\n");
}

void remove_space(const ClusterApi& api) {
  api.run_or_throw({"delete", "namespace", k_space, "--ignore-not-found", "--timeout=120s"}, k_removal);
}

/// A new namespace has no account for its pods for a moment, and pods are refused until it has.
void make_pods(const std::vector<Pull>& pulls, const ClusterApi& api) {
  std::string text;
  for (const Pull& pull : pulls) text += pod_text(pull);
  HostSystem& host = api.scope().host();
  for (const std::int64_t start = host.ticks();; host.sleep(k_pause)) {
    poll_interrupt();
    const ToolResult result = api.run({"apply", "--filename", "-"}, k_call, text);
    if (result.exit_code == 0 && !result.timed_out) return;
    if (host.ticks() - start >= k_patience)
      throw SystemError(cat("cannot make pods in the site's cluster: ", describe_failure(result, k_call)),
                        cat("its whole output is in ", api.scope().log()));
  }
}

enum class Pulled { not_yet, yes, no };

struct PullState {
  Pulled pulled = Pulled::not_yet;
  std::string why;
};

PullState pull_state(const JsonValue& pod) {
  const auto& containers = items_at(pod, {"status", "containerStatuses"});
  if (containers.empty()) return {Pulled::not_yet, text_at(pod, {"status", "message"})};
  const JsonValue& container = containers.front();
  const std::string reason = text_at(container, {"state", "waiting", "reason"}),
                    message = text_at(container, {"state", "waiting", "message"});
  if (reason == "ImagePullBackOff" || reason == "InvalidImageName") return {Pulled::no, message.empty() ? reason : message};
  if (reason == "ErrImagePull" || reason == "ContainerCreating" || reason == "PodInitializing") return {Pulled::not_yet, message};
  return {Pulled::yes, {}};
}

[[noreturn]] void cannot_pull(const Pull& pull, const std::string& why, const ProvePulls& action, const ClusterApi& api) {
  remove_space(api);
  throw HostError(cat("node '", pull.node, "' of the site's cluster cannot pull '", pull.image, "': ", printable(why, 300)), action.advice);
}

/// `said`: for each pod the last that its node said; a back-off hides the fault itself.
std::vector<Pull> left_to_pull(const std::vector<Pull>& pulls, std::map<std::string, std::string>& said, const ProvePulls& action,
                               const ClusterApi& api) {
  const auto list = api.get_json({"pods", "--namespace", k_space});
  std::vector<Pull> left;
  for (const Pull& pull : pulls) {
    PullState state;
    for (const JsonValue& pod : list ? items_at(*list, {"items"}) : std::vector<JsonValue>{}) {
      if (text_at(pod, {"metadata", "name"}) == pull.pod) state = pull_state(pod);
    }
    if (state.pulled == Pulled::no) cannot_pull(pull, said.contains(pull.pod) ? said[pull.pod] : state.why, action, api);
    if (!state.why.empty()) said[pull.pod] = state.why;
    if (state.pulled == Pulled::not_yet) left.push_back(pull);
  }
  return left;
}

}  // namespace

// `status` passes it over: what it was about, the deployments show.
ProbeResult probe(const ProvePulls&, ActionScope&) { return ProbeResult::needed; }

JsonValue prepare(const ProvePulls&, ActionScope&) { return JsonValue::object(); }

void perform(const ProvePulls& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  remove_space(api);
  const std::vector<Pull> pulls = wanted_pulls(action, api);
  api.run_or_throw({"create", "namespace", k_space}, k_call);
  make_pods(pulls, api);
  std::map<std::string, std::string> said;
  std::vector<Pull> left = pulls;
  const std::int64_t end = scope.host().ticks() + static_cast<std::int64_t>(action.time_limit);
  ProgressTask task(scope.context.progress, "pulling on every node", pulls.size(), false);
  for (std::size_t before = left.size(); !left.empty(); before = left.size()) {
    poll_interrupt();
    left = left_to_pull(left, said, action, api);
    task.advance(before - left.size());
    if (left.empty()) break;
    if (scope.host().ticks() >= end) {
      const std::string& why = said[left.front().pod];
      cannot_pull(left.front(), cat("not done after ", action.time_limit, " s", why.empty() ? "" : cat(": ", why)), action, api);
    }
    scope.host().sleep(k_pause);
  }
  remove_space(api);
}

void take_back(const ProvePulls& action, const JsonValue&, bool, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (api.answers()) remove_space(api);
}

}  // namespace rootcellar
