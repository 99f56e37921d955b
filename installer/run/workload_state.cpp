#include "installer/run/workload_state.h"

#include <algorithm>
#include <array>

#include "bundle/base/text.h"
#include "installer/run/json_at.h"

namespace rootcellar {
namespace {

// The controller has seen the present generation; before that its numbers tell of the former one.
bool is_seen(const JsonValue& object) {
  return number_at(object, {"status", "observedGeneration"}) >= number_at(object, {"metadata", "generation"});
}

WorkloadState counted(std::uint64_t found, std::uint64_t expected, std::string_view what) {
  return {found >= expected, false, false, cat(found, " of ", expected, " pods are ", what)};
}

WorkloadState deployment_state(const JsonValue& object) {
  if (!is_seen(object)) return {false, false, false, "its controller has not looked at it yet"};
  const std::uint64_t expected = number_at(object, {"spec", "replicas"}, 1);
  const std::uint64_t updated = number_at(object, {"status", "updatedReplicas"});
  if (updated < expected) return counted(updated, expected, "up to date");
  const std::uint64_t old = number_at(object, {"status", "replicas"}) - std::min(updated, number_at(object, {"status", "replicas"}));
  if (old > 0) return {false, false, false, cat(old, " pods of the former version are still there")};
  return counted(number_at(object, {"status", "availableReplicas"}), expected, "ready");
}

WorkloadState stateful_set_state(const JsonValue& object) {
  if (!is_seen(object)) return {false, false, false, "its controller has not looked at it yet"};
  const std::uint64_t expected = number_at(object, {"spec", "replicas"}, 1);
  const bool by_hand = text_at(object, {"spec", "updateStrategy", "type"}) == "OnDelete";
  const bool partial = number_at(object, {"spec", "updateStrategy", "rollingUpdate", "partition"}) > 0;
  const std::uint64_t updated = number_at(object, {"status", "updatedReplicas"});
  const bool current = text_at(object, {"status", "updateRevision"}) == text_at(object, {"status", "currentRevision"});
  if (!by_hand && !partial && !current && updated < expected) return counted(updated, expected, "up to date");
  return counted(number_at(object, {"status", "readyReplicas"}), expected, "ready");
}

WorkloadState daemon_set_state(const JsonValue& object) {
  if (!is_seen(object)) return {false, false, false, "its controller has not looked at it yet"};
  const std::uint64_t expected = number_at(object, {"status", "desiredNumberScheduled"});
  const bool by_hand = text_at(object, {"spec", "updateStrategy", "type"}) == "OnDelete";
  const std::uint64_t updated = number_at(object, {"status", "updatedNumberScheduled"});
  if (!by_hand && updated < expected) return counted(updated, expected, "up to date");
  return counted(number_at(object, {"status", "numberAvailable"}), expected, "ready");
}

WorkloadState job_state(const JsonValue& object) {
  for (const JsonValue& condition : items_at(object, {"status", "conditions"})) {
    if (text_at(condition, {"status"}) != "True") continue;
    const std::string type = text_at(condition, {"type"});
    if (type == "Complete" || type == "Suspended") return {true, false, false, lower_ascii(type)};
    if (type == "Failed")
      return {false, true, false, cat("failed: ", text_at(condition, {"reason"}), ": ", text_at(condition, {"message"}))};
  }
  return {false, false, false,
          cat(number_at(object, {"status", "succeeded"}), " of ", number_at(object, {"spec", "completions"}, 1), " runs are complete, ",
              number_at(object, {"status", "active"}), " active, ", number_at(object, {"status", "failed"}), " failed")};
}

WorkloadState claim_state(const JsonValue& object) {
  const std::string phase = text_at(object, {"status", "phase"});
  return {phase == "Bound", phase == "Lost", false, cat("the claim is ", phase.empty() ? "new" : phase)};
}

constexpr std::array<std::string_view, 5> k_kinds = {"Deployment", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim"};

std::string unquoted(std::string_view text) {
  text = trim(text);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  if (quoted) return std::string(text.substr(1, text.size() - 2));
  return std::string(trim(text.substr(0, text.find(" #"))));
}

std::string after(std::string_view line, std::string_view key) {
  return line.starts_with(key) ? unquoted(line.substr(key.size())) : std::string();
}

/// Reads one document line by line: "kind:" at the margin, "name:" and "namespace:" one level below "metadata:".
class DocumentReader {
 public:
  void take(std::string_view line) {
    if (trim(line).empty() || trim(line).starts_with('#')) return;
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == 0) {
      in_metadata_ = line.starts_with("metadata:");
      level_ = 0;
      if (line.starts_with("kind:")) found_.kind = after(line, "kind:");
    } else if (in_metadata_) {
      take_metadata(line.substr(indent), indent);
    }
  }

  /// The document's workload, if it is one; ready for the next document.
  void finish(std::vector<WorkloadName>& names) {
    const bool known = std::find(k_kinds.begin(), k_kinds.end(), found_.kind) != k_kinds.end();
    if (known && !found_.name.empty()) names.push_back(found_);
    *this = {};
  }

 private:
  void take_metadata(std::string_view line, std::size_t indent) {
    if (level_ == 0) level_ = indent;
    if (indent != level_) return;
    if (line.starts_with("name:")) found_.name = after(line, "name:");
    if (line.starts_with("namespace:")) found_.space = after(line, "namespace:");
  }

  WorkloadName found_;
  bool in_metadata_ = false;
  std::size_t level_ = 0;
};

}  // namespace

WorkloadState workload_state(const JsonValue& object) {
  const std::string kind = text_at(object, {"kind"});
  if (kind == "Deployment") return deployment_state(object);
  if (kind == "StatefulSet") return stateful_set_state(object);
  if (kind == "DaemonSet") return daemon_set_state(object);
  if (kind == "Job") return job_state(object);
  if (kind == "PersistentVolumeClaim") return claim_state(object);
  return {true, false, false, "it is there"};
}

bool waits_for_consumer(const JsonValue& storage_class) { return text_at(storage_class, {"volumeBindingMode"}) == "WaitForFirstConsumer"; }

std::vector<WorkloadName> workloads_of(std::string_view manifest) {
  std::vector<WorkloadName> names;
  DocumentReader reader;
  for (const std::string_view line : split(manifest, '\n')) {
    if (line.starts_with("---"))
      reader.finish(names);
    else
      reader.take(line);
  }
  reader.finish(names);
  return names;
}

}  // namespace rootcellar
