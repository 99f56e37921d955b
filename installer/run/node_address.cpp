#include "installer/run/node_address.h"

#include <array>

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/run/cluster_api.h"
#include "installer/run/cluster_watch.h"
#include "installer/run/json_at.h"
#include "installer/run/static_pods.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;
constexpr std::uint64_t k_phase_limit = 300;  // seconds
constexpr const char* k_flags = "/var/lib/kubelet/kubeadm-flags.env";
constexpr const char* k_server_manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
constexpr std::array<const char*, 3> k_kubeconfigs = {"/etc/kubernetes/controller-manager.conf", "/etc/kubernetes/kubelet.conf",
                                                      "/etc/kubernetes/scheduler.conf"};
// Of those in /etc/kubernetes/pki, the ones that are for an address.
constexpr std::array<const char*, 3> k_certificates = {"apiserver", "etcd/server", "etcd/peer"};
using Phase = std::vector<std::string>;

std::string word_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == text.npos) return {};
  std::string_view word = text.substr(at + key.size());
  word = word.substr(0, word.find_first_of(" \n"));
  while (!word.empty() && (word.front() == '"' || word.front() == '\'')) word.remove_prefix(1);
  while (!word.empty() && (word.back() == '"' || word.back() == '\'')) word.remove_suffix(1);
  return std::string(word);
}

bool is_part_of_address(char c) { return (c >= '0' && c <= '9') || c == '.'; }

bool is_numeric(std::string_view host) { return !host.empty() && host.find_first_not_of("0123456789.") == host.npos; }

std::string wanted_address(const KubeadmInit& action, HostSystem& host) {
  return address_in_config(host.read_file(action.config, k_limit).value_or(""));
}

void kubeadm(Phase phase, const KubeadmInit& action, const ActionScope& scope) {
  phase.insert(phase.begin(), {std::string(tools::k_kubeadm), "init", "phase"});
  phase.insert(phase.end(), {"--config", action.config});
  run_or_throw({.argv = std::move(phase), .environment = cluster_tool_environment(), .time_limit = k_phase_limit, .ends_with_us = true},
               scope);
}

/// kubeadm keeps certificates that are there, whatever they are for.
void renew_certificates(const KubeadmInit& action, const ActionScope& scope) {
  for (const char* name : k_certificates) {
    for (const char* ending : {".crt", ".key"}) scope.host().remove(cat("/etc/kubernetes/pki/", name, ending));
  }
  for (const char* phase : {"apiserver", "etcd-server", "etcd-peer"}) kubeadm({"certs", phase}, action, scope);
}

/// Those that ask this machine's own API server by its number; those that ask by the cluster's name stay.
void redirect_kubeconfigs(const std::string& address, HostSystem& host) {
  for (const char* path : k_kubeconfigs) {
    const std::string text = host.read_file(path, k_limit).value_or("");
    const std::string url = word_after(text, "server: https://");
    const std::string there = url.substr(0, url.rfind(':'));
    if (is_numeric(there) && there != address) host.write_file(path, replace_address(text, there, address), 0600);
  }
}

std::vector<std::string> etcd_call(const std::string& path) {
  const std::string pki = "/etc/kubernetes/pki/etcd/";
  return {std::string(tools::k_kubectl),
          "--kubeconfig",
          "/dev/null",
          "--server",
          "https://127.0.0.1:2379",
          "--certificate-authority",
          pki + "ca.crt",
          "--client-certificate",
          pki + "healthcheck-client.crt",
          "--client-key",
          pki + "healthcheck-client.key",
          "create",
          "--raw",
          path,
          "--filename",
          "-"};
}

/// etcd answers JSON by HTTP at "/v3" (before 3.4 at "/v3beta"), and kubectl is the program here that speaks TLS with a client's
/// certificate.
JsonValue ask_etcd(const std::string& question, const JsonValue& body, const ActionScope& scope) {
  ToolResult result;
  for (const char* version : {"/v3", "/v3beta"}) {
    result = run_logged({.argv = etcd_call(cat(version, question)),
                         .environment = cluster_tool_environment(),
                         .input = body.dump(),
                         .time_limit = 30,
                         .ends_with_us = true},
                        scope);
    if (result.exit_code == 0 && !result.timed_out) return parse_json(trim(result.output), "etcd's answer");
  }
  throw SystemError(cat("cannot ask etcd: ", describe_failure(result, 30)), cat("its whole output is in ", scope.log()));
}

/// Their pods route what all others send: the node is not itself before they are there again.
void wait_for_daemon_sets(const ClusterApi& api) {
  watch_until_ready({"the node's own pods", "kube-system", k_phase_limit}, api, [&]() -> WorkloadState {
    const JsonValue sets = api.get_json({"daemonsets", "--all-namespaces"}).value_or(JsonValue());
    for (const JsonValue& set : items_at(sets, {"items"})) {
      WorkloadState state = workload_state(set);
      if (!state.ready) return {.text = cat("daemonset ", text_at(set, {"metadata", "name"}), ": ", state.text)};
    }
    return {.ready = true};
  });
}

/// DaemonSets' pods in the host's network have the old address in their status and settings for ever.
void renew_host_pods(const ActionScope& scope) {
  const ClusterApi api(scope, k_admin_kubeconfig);
  const JsonValue pods = api.get_json({"pods", "--all-namespaces"}).value_or(JsonValue());
  for (const JsonValue& pod : items_at(pods, {"items"})) {
    const auto& owners = items_at(pod, {"metadata", "ownerReferences"});
    const bool of_set = !owners.empty() && text_at(owners.front(), {"kind"}) == "DaemonSet";
    if (!of_set || !truth_at(pod, {"spec", "hostNetwork"})) continue;
    api.run_or_throw({"delete", "pod", text_at(pod, {"metadata", "name"}), "--namespace", text_at(pod, {"metadata", "namespace"}),
                      "--wait=true", "--ignore-not-found"},
                     120);
  }
  wait_for_daemon_sets(api);
}

}  // namespace

std::string address_in_config(std::string_view config) {
  for (const std::string_view key : {"advertiseAddress: ", "- name: node-ip\n      value: ", "node-ip: "}) {
    std::string address = word_after(config, key);
    if (!address.empty()) return address;
  }
  return {};
}

std::string replace_address(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = text.find(from); at != text.npos && !from.empty(); at = text.find(from, at + from.size())) {
    const std::size_t end = at + from.size();
    const bool whole = (at == 0 || !is_part_of_address(text[at - 1])) && (end == text.size() || !is_part_of_address(text[end]));
    if (!whole) continue;
    out.append(text.substr(done, at - done)).append(to);
    done = end;
  }
  return out.append(text.substr(done));
}

bool address_has_changed(const KubeadmInit& action, HostSystem& host) {
  const std::string wanted = wanted_address(action, host);
  const std::string manifest = host.read_file(k_server_manifest, k_limit).value_or("");
  const std::string served = word_after(manifest, "--advertise-address=");
  return !action.join && !wanted.empty() && !served.empty() && served != wanted;
}

void settle_etcd_peer(const std::string& address, const ActionScope& scope) {
  const JsonValue answer = ask_etcd("/cluster/member/list", JsonValue::object(), scope);
  const auto& members = items_at(answer, {"members"});
  if (members.size() != 1) return;
  const std::string url = cat("https://", address, ":2380");
  const auto& urls = items_at(members.front(), {"peerURLs"});
  if (urls.size() == 1 && urls.front().as_string() == url) return;
  ask_etcd("/cluster/member/update",
           JsonValue::object({{"ID", JsonValue::string(text_at(members.front(), {"ID"}))}, {"peerURLs", JsonValue::string_array({url})}}),
           scope);
}

void follow_address(const KubeadmInit& action, const ActionScope& scope) {
  const std::string address = wanted_address(action, scope.host());
  stop_kubelet(scope);
  // Those whose manifest stays the same read their kubeconfig when they start, and only then.
  stop_static_pods({"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"}, scope);
  renew_certificates(action, scope);
  redirect_kubeconfigs(address, scope.host());
  kubeadm({"etcd", "local"}, action, scope);
  kubeadm({"control-plane", "all"}, action, scope);
  kubeadm({"kubelet-start"}, action, scope);
  start_kubelet(scope);
  wait_for_api_server(scope);
  kubeadm({"upload-config", "kubeadm"}, action, scope);
  settle_etcd_peer(address, scope);
  renew_host_pods(scope);
}

}  // namespace rootcellar
