#include "installer/run/cluster_watch.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "installer/run/cluster_diagnosis.h"
#include "installer/run/json_at.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

// Milliseconds. Each look is a process: what lasts is looked at less often.
constexpr std::uint64_t k_first_pause = 250, k_longest_pause = 2000;
constexpr std::int64_t k_look_around = 20;  // seconds between two looks at what stands in the way
constexpr std::size_t k_told = 8;

std::string last_line_of(const ClusterApi& api, const std::string& space, const std::string& pod, const std::string& container) {
  for (const char* former : {"--previous=true", "--previous=false"}) {
    std::vector<std::string> arguments = {"logs", pod, "--container", container, "--tail=5", former, "--request-timeout=10s"};
    for (const std::string& word : in_namespace(space)) arguments.push_back(word);
    const ToolResult result = api.run(std::move(arguments), 20);
    if (result.exit_code == 0 && !trim(result.output).empty()) return last_line(result.output);
  }
  return {};
}

std::string in_the_way_text(const std::vector<std::string>& sentences) { return sentences.empty() ? "" : cat(": ", sentences.front()); }

std::vector<std::string> faults_of(const WatchedThing& thing, const ClusterApi& api) {
  return thing.faults ? thing.faults() : stands_in_the_way(api, thing.space);
}

[[noreturn]] void give_up(const WatchedThing& thing, const ClusterApi& api, const std::string& state) {
  const std::vector<std::string> sentences = faults_of(thing, api);
  const std::string listed = cat("get pods,events --namespace ", thing.space.empty() ? "default" : thing.space);
  for (std::size_t i = 1; i < std::min(sentences.size(), k_told); ++i) api.scope().context.progress.warn(sentences[i]);
  throw SystemError(cat("cannot wait for '", thing.name, "'", namespace_text(thing.space), ": ", state, in_the_way_text(sentences)),
                    cat("to look closer: kubectl --kubeconfig ", api.kubeconfig(), " ", thing.look_closer.empty() ? listed : thing.look_closer));
}

/// A cluster that comes up does not answer every time.
WorkloadState look_patiently(const std::function<WorkloadState()>& look) {
  try {
    return look();
  } catch (const SystemError& error) {
    return {.text = error.message()};
  }
}

}  // namespace

std::vector<std::string> stands_in_the_way(const ClusterApi& api, const std::string& space) {
  const std::string there = space.empty() ? "default" : space;
  try {
    const auto pods = api.get_json({"pods", "--namespace", there});
    const auto events = api.get_json({"events", "--namespace", there});
    return diagnose(pods.value_or(JsonValue()), events.value_or(JsonValue()),
                    [&](const std::string& pod, const std::string& container) { return last_line_of(api, there, pod, container); });
  } catch (const Error&) {
    return {};  // the wait's own words say that nobody answers
  }
}

void watch_until_ready(const WatchedThing& thing, const ClusterApi& api, const std::function<WorkloadState()>& look) {
  HostSystem& host = api.scope().host();
  const std::int64_t start = host.ticks();
  std::int64_t looked_around = start;
  std::string told;
  for (std::uint64_t pause = k_first_pause;; pause = std::min(pause * 3 / 2, k_longest_pause)) {
    poll_interrupt();
    const WorkloadState state = look_patiently(look);
    if (state.ready) return;
    if (state.failed) give_up(thing, api, state.text);
    const std::int64_t now = host.ticks();
    if (now - start >= static_cast<std::int64_t>(thing.time_limit))
      give_up(thing, api, thing.time_limit == 0 ? state.text : cat(state.text, " after ", thing.time_limit, " s"));
    if (now - looked_around >= k_look_around) {
      looked_around = now;
      const std::vector<std::string> sentences = faults_of(thing, api);
      if (!sentences.empty() && sentences.front() != told) api.scope().context.progress.warn(cat("waiting: ", sentences.front()));
      if (!sentences.empty()) told = sentences.front();
    }
    host.sleep(pause);
  }
}

WorkloadState object_state(const ClusterApi& api, const std::string& target, const std::string& space) {
  std::vector<std::string> arguments = {target, "--ignore-not-found"};
  for (const std::string& word : in_namespace(space)) arguments.push_back(word);
  const auto object = api.get_json(std::move(arguments));
  if (!object) return {.absent = true, .text = "it is not there"};
  WorkloadState state = workload_state(*object);
  if (state.ready || text_at(*object, {"kind"}) != "PersistentVolumeClaim") return state;
  const std::string storage = text_at(*object, {"spec", "storageClassName"});
  const auto storage_class = storage.empty() ? std::nullopt : api.get_json({cat("storageclass/", storage), "--ignore-not-found"});
  if (storage_class && waits_for_consumer(*storage_class)) state.ready = true;
  return state;
}

}  // namespace rootcellar
