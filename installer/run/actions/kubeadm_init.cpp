#include "bundle/base/error.h"
#include "installer/host/redaction.h"
#include "installer/host/tools.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_leave.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/deployed_record.h"
#include "installer/run/kubeadm_fault.h"
#include "installer/run/kubeadm_remains.h"
#include "installer/run/node_address.h"
#include "installer/run/restored_cluster.h"
#include "installer/run/runtime_values.h"
#include "installer/run/server_names.h"
#include "installer/run/static_pods.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_limit = 900;  // seconds
constexpr std::uint64_t k_reset_limit = 300;
constexpr std::uint64_t k_patience = 300;  // for an API server that was there and comes back

// "begun" from the first moment kubeadm may have changed something, "finished" once it ended well; "moving" while a finished node takes
// another address, "naming" while its API server's certificate is made for other names.
std::string mark_path(const ActionScope& scope) { return path_join(scope.context.paths.state, "cluster-node"); }

std::string mark(const ActionScope& scope) { return scope.host().read_file(mark_path(scope), 64).value_or(""); }

void set_mark(std::string_view text, const ActionScope& scope) { scope.host().write_file(mark_path(scope), text, 0600); }

const char* result_of(const KubeadmInit& action) { return action.join ? k_kubelet_kubeconfig : k_admin_kubeconfig; }

bool is_finished(const KubeadmInit& action, const ActionScope& scope) {
  return mark(scope) == "finished" && scope.host().exists(result_of(action));
}

std::string verb(const KubeadmInit& action) { return action.join ? "join" : "init"; }

ToolCall kubeadm(std::vector<std::string> arguments, std::uint64_t time_limit, std::vector<std::string> secrets = {}) {
  arguments.insert(arguments.begin(), std::string(tools::k_kubeadm));
  return {.argv = std::move(arguments),
          .environment = cluster_tool_environment(),
          .time_limit = time_limit,
          .secrets = std::move(secrets),
          .ends_with_us = true};
}

// What cannot be reset any more (no runtime, no program) is taken away file by file all the same.
void reset(const KubeadmInit& action, const ActionScope& scope) {
  if (!scope.host().exists(std::string(tools::k_kubeadm))) return;
  std::vector<std::string> arguments = {"reset", "--force"};
  if (!action.cri_socket.empty()) arguments.insert(arguments.end(), {"--cri-socket", action.cri_socket});
  const ToolResult result = run_logged(kubeadm(std::move(arguments), k_reset_limit), scope);
  if (result.exit_code != 0 || result.timed_out)
    scope.context.progress.warn(cat("'kubeadm reset' did not end well: ", describe_failure(result, k_reset_limit)));
}

void stop_kubelet_if_there(const ActionScope& scope) {
  run_logged({.argv = {std::string(tools::k_systemctl), "stop", "kubelet.service"}, .time_limit = 120}, scope);
}

std::string kubelet_state(const ActionScope& scope) {
  const ToolResult active =
      run_logged({.argv = {std::string(tools::k_systemctl), "is-active", "kubelet.service"}, .time_limit = 30}, scope);
  const ToolResult journal = run_logged(
      {.argv = {std::string(tools::k_journalctl), "--unit", "kubelet.service", "--lines", "200", "--output", "cat", "--no-pager"},
       .time_limit = 30},
      scope);
  const std::string fault = kubelet_fault(journal.output);
  return cat("the kubelet is ", trim(active.output).empty() ? "not there" : trim(active.output), fault.empty() ? "" : cat(": ", fault));
}

/// kubeadm repeats the token it was given in some of its messages.
ToolResult hidden(ToolResult result, const std::vector<std::string>& secrets) {
  result.output = redact(result.output, secrets);
  result.error_output = redact(result.error_output, secrets);
  return result;
}

[[noreturn]] void cannot_finish(const KubeadmInit& action, const ToolResult& result, const ActionScope& scope) {
  const std::string cause = kubeadm_fault(cat(result.output, "\n", result.error_output));
  const bool preflight = cause.starts_with("[ERROR ");
  const std::string told = cause.empty() || result.timed_out ? describe_failure(result, k_limit) : cause;
  throw SystemError(cat("cannot run 'kubeadm ", verb(action), "': ", told, preflight ? "" : cat("; ", kubelet_state(scope))),
                    cat("its whole output is in ", scope.log(), "; the next try begins with 'kubeadm reset'"));
}

/// The configuration with its secrets is there for as long as kubeadm runs.
class ConfigFile {
 public:
  ConfigFile(const KubeadmInit& action, const ActionScope& scope)
      : action_(action), scope_(scope), filled_(fill_in(action.text, {}, "kubeadm's configuration", scope)) {
    if (!action.text.empty()) write_private_file(action.config, filled_.text, scope);
  }
  void remove() const {
    if (!action_.text.empty()) remove_private_file(action_.config, scope_);
  }
  const std::vector<std::string>& secrets() const { return filled_.secrets; }

 private:
  const KubeadmInit& action_;
  const ActionScope& scope_;
  FilledText filled_;
};

void forget_secrets(const KubeadmInit& action, const ActionScope& scope) {
  if (!scope.host().exists(scope.context.paths.secrets())) return;
  for (const std::string& name : action.secrets) remove_private_file(secret_path(name, scope), scope);
}

void run_kubeadm(const KubeadmInit& action, const std::vector<std::string>& ignore, const ActionScope& scope) {
  const ConfigFile config(action, scope);
  std::vector<std::string> arguments = {verb(action), "--config", action.config};
  if (!ignore.empty()) arguments.push_back(cat("--ignore-preflight-errors=", join(ignore, ",")));
  const ToolResult result = run_logged(kubeadm(std::move(arguments), k_limit, config.secrets()), scope);
  config.remove();
  if (result.exit_code != 0 || result.timed_out) cannot_finish(action, hidden(result, config.secrets()), scope);
}

/// A file that says there is a cluster here which we did not make; empty when there is none.
std::string foreign_cluster(const ActionScope& scope) {
  if (!mark(scope).empty()) return {};
  for (const char* path : {k_admin_kubeconfig, k_kubelet_kubeconfig, "/etc/kubernetes/manifests/kube-apiserver.yaml"}) {
    if (scope.host().exists(path)) return path;
  }
  return {};
}

// With etcd's data of a backup there already, kubeadm finds its objects and brings them up to date.
void make_node(const KubeadmInit& action, const ActionScope& scope) {
  std::vector<std::string> ignore = action.ignore;
  const bool restored = !action.join && put_back_cluster(scope);
  if (restored) ignore.emplace_back("DirAvailable--var-lib-etcd");
  run_kubeadm(action, std::move(ignore), scope);
  if (restored) settle_etcd_peer(address_in_config(scope.host().read_file(action.config, 1u << 20).value_or("")), scope);
}

void move_node(const KubeadmInit& action, const ActionScope& scope) {
  set_mark("moving", scope);
  follow_address(action, scope);
  set_mark("finished", scope);
}

void rename_server(const KubeadmInit& action, const ActionScope& scope) {
  set_mark("naming", scope);
  follow_names(action, scope);
  set_mark("finished", scope);
}

// A cluster with people's data in it is never reset because it is slow.
void wait_for_api(const KubeadmInit& action, const ActionScope& scope) {
  if (action.join && !scope.host().exists(k_admin_kubeconfig)) return;
  const ClusterApi api(scope, k_admin_kubeconfig);
  watch_until_ready({"the API server", "", k_patience}, api, [&]() -> WorkloadState {
    if (api.answers()) return {.ready = true};
    return {.text = cat("it does not answer; ", kubelet_state(scope))};
  });
}

}  // namespace

ProbeResult probe(const KubeadmInit& action, ActionScope& scope) {
  if (!is_finished(action, scope) || address_has_changed(action, scope.host()) || names_have_changed(action, scope.host()))
    return ProbeResult::needed;
  if (!action.join) ClusterApi(scope, k_admin_kubeconfig, ClusterApi::Asked::once).require();
  return ProbeResult::already;
}

// Another try under another plan finds what the first one left: what was there before is what the first one noted.
JsonValue prepare(const KubeadmInit& action, ActionScope& scope) {
  if (const std::string path = foreign_cluster(scope); !path.empty()) {
    throw HostError(cat("this machine is already part of a cluster that was not made here: '", path, "' is there"),
                    "name it in the answers as an existing cluster, or take it away with 'kubeadm reset' if nobody needs it");
  }
  if (!scope.context.earlier.empty()) return scope.context.earlier.front().undo_data;
  return note_before_cluster(action.clean, scope.host());
}

void perform(const KubeadmInit& action, ActionScope& scope) {
  const bool moves = mark(scope) == "moving" || address_has_changed(action, scope.host());
  if (moves && mark(scope) != "begun") return move_node(action, scope);
  if (mark(scope) == "naming" || (is_finished(action, scope) && names_have_changed(action, scope.host())))
    return rename_server(action, scope);
  if (is_finished(action, scope)) {
    forget_secrets(action, scope);
    return wait_for_api(action, scope);
  }
  const JsonValue nothing = JsonValue::object();
  const JsonValue& before = scope.context.undo_data == nullptr ? nothing : *scope.context.undo_data;
  if (!mark(scope).empty()) {
    reset(action, scope);
    stop_kubelet_if_there(scope);
    remove_cluster_remains(before, action.clean, scope);
  }
  set_mark("begun", scope);
  make_node(action, scope);
  for (const char* place : {"/etc/kubernetes", "/var/lib"})
    scope.host().sync_filesystem(place);  // the mark must not outlive what it is about
  set_mark("finished", scope);
  forget_secrets(action, scope);
}

// Of several tries the last one undone is the first, and it alone surely knows what was there before: each cleans.
void take_back(const KubeadmInit& action, const JsonValue& undo, bool, ActionScope& scope) {
  if (!foreign_cluster(scope).empty()) return;
  const bool begun = !mark(scope).empty();
  const ClusterLeave leave(begun && action.join ? action.node : std::string(), scope);
  if (begun) {
    leave.before_reset();
    reset(action, scope);
    stop_kubelet_if_there(scope);
  }
  remove_cluster_remains(undo, action.clean, scope);
  leave.after_reset();
  if (!action.text.empty()) scope.host().remove_tree(path_parent(action.config));
  forget_secrets(action, scope);
  scope.host().remove(mark_path(scope));
  scope.host().sync_filesystem(scope.context.paths.state);
}

}  // namespace rootcellar
