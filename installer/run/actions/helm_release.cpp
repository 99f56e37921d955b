#include <algorithm>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_namespace.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/helm_history.h"
#include "installer/run/own_file.h"
#include "installer/run/runtime_values.h"
#include "installer/run/tool_run.h"
#include "installer/run/workload_state.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_description = "rootcellar ";
constexpr std::size_t k_answer_limit = std::size_t{64} << 20;
constexpr std::uint64_t k_question = 60;  // seconds
constexpr std::uint64_t k_removal = 300;

const FileEntry& chart_of(const HelmRelease& action, const ActionScope& scope) {
  const FileEntry* entry = scope.bundle().find_file(action.chart);
  if (entry == nullptr) throw InputError(cat("bundle: expected the chart '", action.chart, "', found none"));
  return *entry;
}

// The revision's description tells whose it is and from what; made from no secret, because everybody who sees the release sees it.
std::string description_of(const HelmRelease& action, const ActionScope& scope) {
  std::string all = cat(chart_of(action, scope).digest.named(), "\n");
  for (const TemplateValue& value : action.values) all += cat(value.name, "=", value.value, "\n");
  return cat(k_description, sha256(as_bytes(all + action.values_text)).named());
}

std::string spool_of(const ActionScope& scope) { return path_join(scope.context.paths.state, "charts"); }

ToolCall helm(const HelmRelease& action, std::vector<std::string> arguments, std::uint64_t time_limit) {
  arguments.insert(arguments.begin(), {std::string(tools::k_helm), "--kubeconfig", action.kubeconfig});
  for (const std::string& word : in_namespace(action.space)) arguments.push_back(word);
  return {.argv = std::move(arguments), .environment = cluster_tool_environment(), .time_limit = time_limit, .ends_with_us = true};
}

/// Questions whose answers hold values and Secret objects go into no log.
ToolResult ask_quietly(const HelmRelease& action, std::vector<std::string> arguments, const ActionScope& scope) {
  ToolCall call = helm(action, std::move(arguments), k_question);
  call.output_limit = k_answer_limit;
  return scope.host().run(call);
}

std::vector<HelmRevision> history_of_release(const HelmRelease& action, const ActionScope& scope) {
  const ToolResult result = ask_quietly(action, {"history", action.name, "--output", "json"}, scope);
  if (result.exit_code == 0 && !result.timed_out) return parse_helm_history(result.output);
  if (result.error_output.find("not found") != std::string::npos) return {};
  throw SystemError(cat("cannot ask helm about release '", action.name, "': ", describe_failure(result, k_question)));
}

bool is_deployed_by_us(const HelmRelease& action, const ActionScope& scope) {
  const std::vector<HelmRevision> history = history_of_release(action, scope);
  return !history.empty() && history.back().status == "deployed" && history.back().description == description_of(action, scope);
}

/// Of the site's own cluster: one of another hand is not ours to change, and uninstall would take it away.
void refuse_foreign_release(const HelmRelease& action, const ActionScope& scope) {
  const std::vector<HelmRevision> history = history_of_release(action, scope);
  const bool ours = history.empty() || std::any_of(history.begin(), history.end(), [](const HelmRevision& revision) {
                      return revision.description.starts_with(k_description);
                    });
  if (ours) return;
  throw HostError(cat("cannot install chart '", action.name, "': the site's cluster has a release of that name already",
                      namespace_text(action.space), ", and not from here"),
                  "take it away there, if nobody needs it; nothing of it was changed");
}

// A hook's job that failed stays, and the next try's job of the same name is refused. Other things hooks made may be data.
void delete_hook_jobs(const HelmRelease& action, const ClusterApi& api) {
  const ToolResult hooks = ask_quietly(action, {"get", "hooks", action.name}, api.scope());
  if (hooks.exit_code != 0) return;
  for (const WorkloadName& hook : workloads_of(hooks.output)) {
    if (hook.kind != "Job") continue;
    std::vector<std::string> arguments = {"delete", "job", hook.name, "--ignore-not-found", "--timeout=120s"};
    for (const std::string& word : in_namespace(hook.space.empty() ? action.space : hook.space)) arguments.push_back(word);
    api.run_or_throw(std::move(arguments), 150);
  }
}

void forget_revision(const HelmRelease& action, std::uint64_t number, const ClusterApi& api) {
  std::vector<std::string> arguments = {"delete", "secret", cat("sh.helm.release.v1.", action.name, ".v", number), "--ignore-not-found"};
  for (const std::string& word : in_namespace(action.space)) arguments.push_back(word);
  api.run_or_throw(std::move(arguments), k_question);
}

void uninstall(const HelmRelease& action, const ActionScope& scope) {
  const std::string limit = cat("--timeout=", k_removal, "s");
  ToolResult result = run_logged(helm(action, {"uninstall", action.name, "--wait", limit}, k_removal + 30), scope);
  // helm learnt to wait for an uninstall with 3.7.
  if (result.error_output.find("unknown flag: --wait") != std::string::npos)
    result = run_logged(helm(action, {"uninstall", action.name, limit}, k_removal + 30), scope);
  if (result.exit_code == 0 || result.error_output.find("not found") != std::string::npos) return;
  throw SystemError(cat("cannot uninstall release '", action.name, "': ", describe_failure(result, k_removal + 30)),
                    cat("its whole output is in ", scope.log()));
}

// What a killed or failed try left: a release that helm would refuse to touch ("another operation is in progress").
void clear_the_road(const HelmRelease& action, const ClusterApi& api) {
  const HelmRoad road = helm_road(history_of_release(action, api.scope()));
  if (road.uninstall) uninstall(action, api.scope());
  if (road.retry_hooks) delete_hook_jobs(action, api);
  for (const std::uint64_t number : road.forget) forget_revision(action, number, api);
}

std::string spool_chart(const HelmRelease& action, const ActionScope& scope) {
  HostSystem& host = scope.host();
  const std::string path = path_join(spool_of(scope), cat(action.name, ".tgz"));
  host.make_directories(spool_of(scope), 0700);
  remove_leftovers(path, host);
  auto file = host.create_file(path, 0600, {});
  scope.bundle().read_blob(chart_of(action, scope).digest, *file);
  file->commit(true);
  return path;
}

void remove_spool(const ActionScope& scope) {
  scope.host().remove_tree(spool_of(scope));
  scope.host().sync_filesystem(scope.context.paths.state);
}

[[noreturn]] void cannot_install(const HelmRelease& action, const ToolResult& result, const std::vector<std::string>& secrets,
                                 const ClusterApi& api) {
  const std::vector<std::string> sentences = stands_in_the_way(api, action.space);
  for (std::size_t i = 1; i < std::min<std::size_t>(sentences.size(), 8); ++i) api.scope().context.progress.warn(sentences[i]);
  throw SystemError(cat("cannot install chart '", action.name, "': ", redact_failure(result, action.time_limit, secrets),
                        sentences.empty() ? "" : cat(": ", sentences.front())),
                    cat("nothing was rolled back, so that it can be looked at; its whole output is in ", api.scope().log()));
}

void install_chart(const HelmRelease& action, const std::string& chart, const ClusterApi& api) {
  const FilledText values = fill_in(action.values_text, action.values, cat("values of chart '", action.name, "'"), api.scope());
  std::vector<std::string> arguments = {"upgrade",
                                        action.name,
                                        chart,
                                        "--install",
                                        "--description",
                                        description_of(action, api.scope()),
                                        cat("--timeout=", action.time_limit, "s")};
  if (!trim(values.text).empty()) arguments.insert(arguments.end(), {"--values", "-"});
  ToolCall call = helm(action, std::move(arguments), action.time_limit + 60);
  call.input = values.text;
  call.secrets = values.secrets;
  const ToolResult result = run_logged(std::move(call), api.scope());
  if (result.exit_code != 0 || result.timed_out) cannot_install(action, result, values.secrets, api);
}

std::string target_of(const WorkloadName& workload) { return cat(lower_ascii(workload.kind), "/", workload.name); }

const std::string& space_of(const WorkloadName& workload, const std::string& space) {
  return workload.space.empty() ? space : workload.space;
}

// A job may remove itself once it is complete (ttlSecondsAfterFinished).
WorkloadState state_of(const WorkloadName& workload, const std::string& space, const ClusterApi& api) {
  WorkloadState state = object_state(api, target_of(workload), space_of(workload, space));
  if (state.absent && workload.kind == "Job") state.ready = true;
  return state;
}

void wait_for_workloads(const HelmRelease& action, std::uint64_t time_limit, const ClusterApi& api) {
  const ToolResult manifest = ask_quietly(action, {"get", "manifest", action.name}, api.scope());
  if (manifest.exit_code != 0)
    throw SystemError(cat("cannot ask helm about release '", action.name, "': ", describe_failure(manifest, k_question)));
  const std::vector<WorkloadName> workloads = workloads_of(manifest.output);
  const std::int64_t end = api.scope().host().ticks() + static_cast<std::int64_t>(time_limit);
  ProgressTask task(api.scope().context.progress, cat("waiting for ", action.name), workloads.size(), false);
  for (const WorkloadName& workload : workloads) {
    const auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(end - api.scope().host().ticks(), 1));
    watch_until_ready({target_of(workload), space_of(workload, action.space), left}, api,
                      [&] { return state_of(workload, action.space, api); });
    task.advance(1);
  }
}

}  // namespace

ProbeResult probe(const HelmRelease& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig, ClusterApi::Asked::once);
  api.require();  // a dead cluster says so here, before helm waits for it
  if (!is_deployed_by_us(action, scope)) return ProbeResult::needed;
  const ToolResult manifest = ask_quietly(action, {"get", "manifest", action.name}, scope);
  const std::vector<WorkloadName> workloads = workloads_of(manifest.output);
  const bool all = std::all_of(workloads.begin(), workloads.end(),
                               [&](const WorkloadName& workload) { return state_of(workload, action.space, api).ready; });
  return all ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const HelmRelease& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (api.is_sites()) refuse_foreign_release(action, scope);
  return JsonValue::object({{"made-namespace", JsonValue::boolean(!has_namespace(action.space, api))}});
}

void perform(const HelmRelease& action, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  const std::int64_t start = scope.host().ticks();
  make_namespace(action.space, api);
  if (!is_deployed_by_us(action, scope)) {
    clear_the_road(action, api);
    install_chart(action, spool_chart(action, scope), api);
  }
  remove_spool(scope);
  const auto used = static_cast<std::uint64_t>(std::max<std::int64_t>(scope.host().ticks() - start, 0));
  wait_for_workloads(action, action.time_limit - std::min(used, action.time_limit), api);
}

void take_back(const HelmRelease& action, const JsonValue& undo, bool, ActionScope& scope) {
  const ClusterApi api(scope, action.kubeconfig);
  if (scope.host().exists(spool_of(scope))) remove_spool(scope);
  if (!api.answers()) return scope.context.progress.warn(cat("chart '", action.name, "' is not uninstalled: the cluster does not answer"));
  uninstall(action, scope);
  if (undo.truth("made-namespace").value_or(false)) remove_empty_namespace(action.space, api);
}

}  // namespace rootcellar
