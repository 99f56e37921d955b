#include "installer/care/cluster_report.h"

#include <algorithm>
#include <map>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/tools.h"
#include "installer/plan/facts.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_diagnosis.h"
#include "installer/run/json_at.h"
#include "installer/run/node_address.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_proc_limit = std::size_t{16} << 20;
constexpr std::size_t k_answer_limit = std::size_t{64} << 20;
constexpr std::uint64_t k_question = 60;  // seconds

const KubeadmInit* node_step(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (const auto* init = std::get_if<KubeadmInit>(&step.action)) return init;
  }
  return nullptr;
}

std::string owner_of(const JsonValue& pod) {
  const auto& owners = items_at(pod, {"metadata", "ownerReferences"});
  return owners.empty() ? std::string() : text_at(owners.front(), {"uid"});
}

/// Without the earlier tries of a job that succeeded in the end.
std::map<std::string, JsonValue> pods_by_namespace(const JsonValue& pods) {
  std::set<std::string> done;
  for (const JsonValue& pod : items_at(pods, {"items"})) {
    if (text_at(pod, {"status", "phase"}) == "Succeeded") done.insert(owner_of(pod));
  }
  done.erase("");
  std::map<std::string, JsonValue> spaces;
  for (const JsonValue& pod : items_at(pods, {"items"})) {
    if (text_at(pod, {"status", "phase"}) == "Failed" && done.contains(owner_of(pod))) continue;
    spaces.try_emplace(text_at(pod, {"metadata", "namespace"}), JsonValue::array()).first->second.push(pod);
  }
  return spaces;
}

/// Events are asked for only where something is wrong: they outlive by an hour what they are about.
std::vector<std::string> faults_of(const ClusterApi& api) {
  std::vector<std::string> faults;
  for (auto& [space, items] : pods_by_namespace(api.get_json({"pods", "--all-namespaces"}).value_or(JsonValue()))) {
    const JsonValue pods = JsonValue::object({{"items", std::move(items)}});
    if (diagnose(pods, JsonValue(), nullptr).empty()) continue;
    const JsonValue events = api.get_json({"events", "--namespace", space}).value_or(JsonValue());
    for (const std::string& fault : diagnose(pods, events, nullptr)) faults.push_back(cat(space, ": ", fault));
  }
  return faults;
}

std::vector<ReleaseLine> releases_of(const ClusterApi& api) {
  HostSystem& host = api.scope().host();
  if (!host.exists(std::string(tools::k_helm))) return {};
  const ToolResult result = host.run(
      {.argv = {std::string(tools::k_helm), "--kubeconfig", api.kubeconfig(), "list", "--all-namespaces", "--all", "--output", "json"},
       .environment = cluster_tool_environment(),
       .time_limit = k_question,
       .output_limit = k_answer_limit,
       .ends_with_us = true});
  if (result.exit_code != 0 || result.timed_out) throw SystemError(cat("cannot ask helm: ", describe_failure(result, k_question)));
  const JsonValue list = parse_json(trim(result.output), "helm's answer", {.bytes = k_answer_limit, .depth = 32});
  std::vector<ReleaseLine> lines;
  for (const JsonValue& release : list.items()) {
    lines.push_back(
        {text_at(release, {"namespace"}), text_at(release, {"name"}), text_at(release, {"chart"}), text_at(release, {"status"})});
  }
  return lines;
}

void ask_cluster(const ActionScope& scope, ClusterReport& report) {
  try {
    const ClusterApi api(scope, k_admin_kubeconfig, ClusterApi::Asked::once);
    report.faults = faults_of(api);
    report.releases = releases_of(api);
  } catch (const Error& error) {
    report.silent = error.message();
  }
}

std::vector<std::string> all_addresses(HostSystem& host) {
  return parse_fib_trie(host.read_file("/proc/net/fib_trie", k_proc_limit).value_or(""));
}

}  // namespace

std::vector<std::string> own_addresses(HostSystem& host) {
  const auto placed = place_addresses(all_addresses(host), parse_routes(host.read_file("/proc/net/route", k_proc_limit).value_or("")));
  std::vector<std::string> own;
  for (const NodeAddress& address : placed) {
    const auto begins = [&](std::string_view prefix) { return address.interface.starts_with(prefix); };
    if (!address.address.starts_with("127.") && !begins("cni") && !begins("flannel") && !begins("docker")) own.push_back(address.address);
  }
  return own;
}

std::string address_in_plan(const std::vector<Step>& steps) {
  const KubeadmInit* init = node_step(steps);
  for (const Step& step : steps) {
    const auto* file = std::get_if<WriteFile>(&step.action);
    if (init == nullptr || file == nullptr || file->path != init->config) continue;
    return address_in_config(file->content);
  }
  return init == nullptr ? std::string() : address_in_config(init->text);
}

std::optional<ClusterReport> cluster_report(const std::vector<Step>& steps, RunContext& context) {
  if (node_step(steps) == nullptr) return std::nullopt;
  ClusterReport report;
  report.addresses = own_addresses(context.host);
  const std::string address = address_in_plan(steps);
  const std::vector<std::string> all = all_addresses(context.host);
  const bool here = all.empty() || std::find(all.begin(), all.end(), address) != all.end();  // none at all: it could not be read
  if (!address.empty() && !here) report.lost_address = address;
  report.certificates = certificate_dates(context.host);
  if (!context.host.exists(k_admin_kubeconfig)) return report;
  const Step step{.id = "status", .title = {}, .reason = {}, .action = RemoveSpool{}};
  ask_cluster({step, context}, report);
  return report;
}

bool is_good(const ClusterReport& report, std::int64_t now) {
  const auto deployed = [](const ReleaseLine& release) { return release.state == "deployed"; };
  const auto valid = [&](const CertificateDate& date) { return date.expires == 0 || date.expires > now; };
  return report.silent.empty() && report.lost_address.empty() && std::all_of(report.releases.begin(), report.releases.end(), deployed) &&
         std::all_of(report.certificates.begin(), report.certificates.end(), valid);
}

}  // namespace rootcellar
