#include "installer/run/cluster_diagnosis.h"

#include <algorithm>
#include <array>
#include <optional>

#include "bundle/base/text.h"
#include "installer/run/json_at.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_longest = 400;  // of one message: images have long names

std::string shortened(std::string_view message) { return printable(trim(message.substr(0, message.find('\n'))), k_longest); }

std::string with_message(const std::string& reason, const std::string& message) {
  return message.empty() ? reason : cat(reason, ": ", shortened(message));
}

std::string time_of(const JsonValue& event) {
  for (const std::string& time : {text_at(event, {"series", "lastObservedTime"}), text_at(event, {"lastTimestamp"}),
                                  text_at(event, {"eventTime"}), text_at(event, {"metadata", "creationTimestamp"})}) {
    if (!time.empty()) return time;
  }
  return {};
}

bool is_about(const JsonValue& event, std::string_view kind, const std::string& name) {
  return text_at(event, {"involvedObject", "kind"}) == kind && text_at(event, {"involvedObject", "name"}) == name;
}

/// The newest warning about a pod that `wanted` accepts by its reason.
std::optional<std::string> newest_warning(const JsonValue& events, const std::string& pod,
                                          const std::function<bool(const JsonValue&)>& wanted) {
  const JsonValue* newest = nullptr;
  for (const JsonValue& event : items_at(events, {"items"})) {
    if (!is_about(event, "Pod", pod) || text_at(event, {"type"}) != "Warning" || !wanted(event)) continue;
    if (newest == nullptr || time_of(*newest) <= time_of(event)) newest = &event;
  }
  if (newest == nullptr) return std::nullopt;
  return with_message(text_at(*newest, {"reason"}), text_at(*newest, {"message"}));
}

std::optional<std::string> any_warning(const JsonValue& events, const std::string& pod) {
  return newest_warning(events, pod, [](const JsonValue&) { return true; });
}

// "Back-off pulling image" says that it failed; the event of the try says why.
std::optional<std::string> pull_failure(const JsonValue& events, const std::string& pod, const std::string& image) {
  return newest_warning(events, pod, [&](const JsonValue& event) {
    const std::string message = text_at(event, {"message"});
    return message.starts_with("Failed to pull image") && message.find(image) != message.npos;
  });
}

bool is_pull_reason(const std::string& reason) { return reason == "ImagePullBackOff" || reason == "ErrImagePull"; }

/// One container of a pod, as its status says.
struct ContainerView {
  const std::string& pod;
  const JsonValue& status;
  std::string_view role;  ///< "container", "init container"

  std::string name() const { return text_at(status, {"name"}); }
  std::string said(const std::string& what) const { return cat("pod ", pod, ": ", role, " ", name(), ": ", what); }
};

std::string ending_of(const JsonValue& terminated) {
  const std::string reason = text_at(terminated, {"reason"});
  const std::string status = cat("exit status ", text_at(terminated, {"exitCode"}));
  return reason.empty() || reason == "Error" || reason == "Completed" ? status : cat(reason, ", ", status);
}

std::string with_last_line(std::string text, const ContainerView& view, const LastLine& last_line) {
  const std::string line = last_line ? last_line(view.pod, view.name()) : std::string();
  return line.empty() ? text : cat(text, ", its last line: ", shortened(line));
}

std::optional<std::string> waiting_fault(const ContainerView& view, const JsonValue& waiting, const JsonValue& events,
                                         const LastLine& last_line) {
  const std::string reason = text_at(waiting, {"reason"});
  if (reason.empty() || reason == "PodInitializing") return std::nullopt;
  if (reason == "ContainerCreating") {
    const auto warning = any_warning(events, view.pod);
    return warning ? std::optional(cat("pod ", view.pod, ": ", *warning)) : std::optional(view.said("is being made"));
  }
  if (is_pull_reason(reason)) {
    const auto failure = pull_failure(events, view.pod, text_at(view.status, {"image"}));
    return view.said(failure ? with_message(reason, failure->substr(failure->find(": ") + 2))
                             : with_message(reason, text_at(waiting, {"message"})));
  }
  if (reason == "CrashLoopBackOff") {
    const JsonValue* last = find_at(view.status, {"lastState", "terminated"});
    return view.said(with_last_line(cat(reason, ": ", last == nullptr ? "it ended" : ending_of(*last)), view, last_line));
  }
  return view.said(with_message(reason, text_at(waiting, {"message"})));
}

std::optional<std::string> running_fault(const ContainerView& view, const JsonValue& events) {
  if (truth_at(view.status, {"ready"})) return std::nullopt;
  const auto warning = newest_warning(events, view.pod, [](const JsonValue& event) { return text_at(event, {"reason"}) == "Unhealthy"; });
  return view.said(warning ? cat("runs and is not ready: ", *warning) : std::string("runs and is not ready"));
}

std::optional<std::string> container_fault(const ContainerView& view, const JsonValue& events, const LastLine& last_line) {
  if (const JsonValue* waiting = find_at(view.status, {"state", "waiting"})) return waiting_fault(view, *waiting, events, last_line);
  if (const JsonValue* ended = find_at(view.status, {"state", "terminated"})) {
    if (number_at(*ended, {"exitCode"}) == 0) return std::nullopt;
    return view.said(with_last_line(ending_of(*ended), view, last_line));
  }
  return running_fault(view, events);
}

// The first init container that has not ended well holds the others up.
std::optional<std::string> init_fault(const JsonValue& pod, const std::string& name, const JsonValue& events, const LastLine& last_line) {
  for (const JsonValue& status : items_at(pod, {"status", "initContainerStatuses"})) {
    const ContainerView view{name, status, "init container"};
    const bool runs = find_at(status, {"state", "running"}) != nullptr;
    if (runs && !truth_at(status, {"started"}) && !truth_at(status, {"ready"})) return view.said("is still running");
    if (runs) continue;  // a sidecar, or one that has just ended
    if (auto fault = container_fault(view, events, last_line)) return fault;
  }
  return std::nullopt;
}

std::optional<std::string> unscheduled(const JsonValue& pod, const std::string& name) {
  for (const JsonValue& condition : items_at(pod, {"status", "conditions"})) {
    const bool no = text_at(condition, {"type"}) == "PodScheduled" && text_at(condition, {"status"}) == "False";
    if (no) return cat("pod ", name, ": ", with_message(text_at(condition, {"reason"}), text_at(condition, {"message"})));
  }
  return std::nullopt;
}

std::optional<std::string> pod_fault(const JsonValue& pod, const JsonValue& events, const LastLine& last_line) {
  const std::string name = text_at(pod, {"metadata", "name"});
  const std::string phase = text_at(pod, {"status", "phase"});
  if (phase == "Succeeded") return std::nullopt;
  const std::string reason = text_at(pod, {"status", "reason"});
  if (!reason.empty()) return cat("pod ", name, ": ", with_message(reason, text_at(pod, {"status", "message"})));
  if (auto fault = unscheduled(pod, name)) return fault;
  if (auto fault = init_fault(pod, name, events, last_line)) return fault;
  for (const JsonValue& status : items_at(pod, {"status", "containerStatuses"})) {
    if (auto fault = container_fault({name, status, "container"}, events, last_line)) return fault;
  }
  if (phase == "Running") return std::nullopt;
  const auto warning = any_warning(events, name);
  return cat("pod ", name, ": ", warning ? *warning : cat("is ", phase.empty() ? "new" : phase));
}

constexpr std::array<std::string_view, 5> k_owners = {"ReplicaSet", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim"};

std::vector<std::string> owner_faults(const JsonValue& events) {
  std::vector<std::string> faults;
  for (const JsonValue& event : items_at(events, {"items"})) {
    const std::string kind = text_at(event, {"involvedObject", "kind"});
    if (text_at(event, {"type"}) != "Warning" || std::find(k_owners.begin(), k_owners.end(), kind) == k_owners.end()) continue;
    std::string fault = cat(lower_ascii(kind), " ", text_at(event, {"involvedObject", "name"}), ": ",
                            with_message(text_at(event, {"reason"}), text_at(event, {"message"})));
    if (std::find(faults.begin(), faults.end(), fault) == faults.end()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace

std::vector<std::string> diagnose(const JsonValue& pods, const JsonValue& events, const LastLine& last_line) {
  std::vector<std::string> faults;
  for (const JsonValue& pod : items_at(pods, {"items"})) {
    if (auto fault = pod_fault(pod, events, last_line)) faults.push_back(*std::move(fault));
  }
  return faults.empty() ? owner_faults(events) : faults;
}

}  // namespace rootcellar
