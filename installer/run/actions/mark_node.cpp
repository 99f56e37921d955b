#include <algorithm>

#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/json_at.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_limit = 60;  // seconds

/// As it is meant to be: with this value, or, "key-", not there.
bool has_label(const JsonValue& node, const std::string& label) {
  if (label.ends_with('-')) return find_at(node, {"metadata", "labels", std::string_view(label).substr(0, label.size() - 1)}) == nullptr;
  const std::size_t equals = label.find('=');
  const JsonValue* value = find_at(node, {"metadata", "labels", std::string_view(label).substr(0, equals)});
  return value != nullptr && value->as_string() == (equals == label.npos ? std::string() : label.substr(equals + 1));
}

// "KEY" and "KEY:EFFECT"; kubectl takes either with a '-' behind it.
bool has_taint(const JsonValue& node, const std::string& taint) {
  const std::vector<JsonValue>& taints = items_at(node, {"spec", "taints"});
  return std::any_of(taints.begin(), taints.end(), [&](const JsonValue& found) {
    const std::string key = text_at(found, {"key"});
    return taint == key || taint == cat(key, ":", text_at(found, {"effect"}));
  });
}

JsonValue node_of(const MarkNode& action, const ClusterApi& api) {
  auto node = api.get_json({"node", action.node, "--ignore-not-found"});
  if (!node) throw SystemError(cat("cannot mark node '", action.node, "': the cluster has no node of this name"));
  return *std::move(node);
}

std::vector<std::string> missing_labels(const MarkNode& action, const JsonValue& node) {
  std::vector<std::string> missing;
  std::copy_if(action.labels.begin(), action.labels.end(), std::back_inserter(missing),
               [&](const std::string& label) { return !has_label(node, label); });
  return missing;
}

std::vector<std::string> present_taints(const MarkNode& action, const JsonValue& node) {
  std::vector<std::string> present;
  for (const std::string& taint : action.remove_taints) {
    if (has_taint(node, taint)) present.push_back(taint + '-');
  }
  return present;
}

void change(const char* verb, const MarkNode& action, const std::vector<std::string>& changes, std::vector<std::string> flags,
            const ClusterApi& api) {
  if (changes.empty()) return;
  std::vector<std::string> arguments = {verb, "node", action.node};
  arguments.insert(arguments.end(), changes.begin(), changes.end());
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  api.run_or_throw(std::move(arguments), k_limit);
}

}  // namespace

ProbeResult probe(const MarkNode& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  const JsonValue node = node_of(action, api);
  const bool same = missing_labels(action, node).empty() && present_taints(action, node).empty();
  return same ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const MarkNode&, ActionScope&) { return JsonValue::object(); }

void perform(const MarkNode& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  const JsonValue node = node_of(action, api);
  change("label", action, missing_labels(action, node), {"--overwrite"}, api);
  change("taint", action, present_taints(action, node), {}, api);
}

void take_back(const MarkNode&, const JsonValue&, bool, ActionScope&) {}

}  // namespace rootcellar
