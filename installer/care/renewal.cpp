#include "installer/care/renewal.h"

#include "bundle/base/error.h"
#include "installer/host/tools.h"
#include "installer/plan/kubeadm_config.h"
#include "installer/run/cluster_api.h"
#include "installer/run/static_pods.h"
#include "installer/run/tool_run.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_limit = 300;  // seconds
constexpr int k_looks = 150;            // of two seconds each
constexpr const char* k_kubeconfig = "/etc/kubernetes/kubelet.conf";
constexpr const char* k_kubelet_pki = "/var/lib/kubelet/pki";
constexpr const char* k_current = "/var/lib/kubelet/pki/kubelet-client-current.pem";
constexpr unsigned k_certs_since = 20, k_finalize_since = 18;  // minor versions: before, "alpha certs"; and nothing to point at the file

void kubeadm(std::vector<std::string> arguments, const ActionScope& scope) {
  arguments.insert(arguments.begin(), std::string(tools::k_kubeadm));
  run_or_throw({.argv = std::move(arguments), .environment = cluster_tool_environment(), .time_limit = k_limit, .ends_with_us = true},
               scope);
}

/// With a kubeconfig that holds a fresh certificate and none of its own, the kubelet asks the cluster for one at its start; that also helps
/// one whose certificate has expired.
void renew_kubelet(unsigned minor, const std::string& config, const ActionScope& scope) {
  HostSystem& host = scope.host();
  host.remove(k_kubeconfig);
  kubeadm({"init", "phase", "kubeconfig", "kubelet", "--config", config}, scope);
  for (const std::string& name : host.list(k_kubelet_pki)) {
    if (name.starts_with("kubelet-client-")) host.remove(path_join(k_kubelet_pki, name));
  }
  start_kubelet(scope);
  wait_for_api_server(scope);
  for (int look = 0; !host.exists(k_current); ++look) {
    if (look == k_looks)
      throw SystemError(cat("cannot renew the kubelet's certificate: expected '", k_current, "', found none"),
                        "look at the kubelet: journalctl -u kubelet");
    host.sleep(2000);
  }
  if (minor >= k_finalize_since) kubeadm({"init", "phase", "kubelet-finalize", "all", "--config", config}, scope);
}

}  // namespace

void require_renewal_possible(HostSystem& host) {
  if (host.exists("/etc/kubernetes/pki/ca.key")) return;
  throw HostError("cannot renew: this machine does not have the cluster's authority (/etc/kubernetes/pki/ca.key)",
                  "the kubelet of a worker renews its certificate by itself; run it on the control-plane node");
}

void renew_certificates(const std::string& version, const std::string& config, const ActionScope& scope) {
  const unsigned minor = kubernetes_minor(version).value_or(k_certs_since);
  std::vector<std::string> renew = {"certs", "renew", "all"};
  if (!config.empty()) renew.insert(renew.end(), {"--config", config});
  if (minor < k_certs_since) renew.insert(renew.begin(), "alpha");
  kubeadm(std::move(renew), scope);
  stop_kubelet(scope);
  stop_static_pods({"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"}, scope);
  if (!config.empty()) return renew_kubelet(minor, config, scope);
  start_kubelet(scope);
  wait_for_api_server(scope);
}

}  // namespace rootcellar
