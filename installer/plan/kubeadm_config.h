// What kubeadm is told, in the words of its version: a table of what differs from 1.14 to 1.34, and the configuration written by it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// How a range of Kubernetes versions wants to be spoken to.
struct KubeadmDialect {
  unsigned first_minor = 0;              ///< of 1.x; goes up to the next row
  std::string_view api;                  ///< kubeadm.k8s.io/API
  bool dockershim = false;               ///< the kubelet speaks to docker itself; from 1.24 on cri-dockerd does
  bool socket_urls = false;              ///< criSocket is a URL, "unix:///run/..."
  bool listed_arguments = false;         ///< extra arguments are a list of name and value, not a map
  bool certificate_key = false;          ///< a joining control-plane node may be given the key of the certificates
  bool may_refuse_cgroup_v1 = false;     ///< the kubelet has failCgroupV1
  std::vector<std::string_view> labels;  ///< kubeadm marks a control-plane node with
  std::vector<std::string_view> taints;  ///< and these keep pods away from it
};

/// "1.34.4" or "v1.34.4": its minor number; nothing when it is no version of Kubernetes 1.
std::optional<unsigned> kubernetes_minor(std::string_view version);
/// nullptr when the version is older or newer than what is known here.
const KubeadmDialect* kubeadm_dialect(std::string_view version);

struct KubeadmSettings {
  std::string version;   ///< "1.34.4"
  std::string runtime;   ///< "containerd" | "docker"
  std::string address;   ///< numeric, of this node: nothing is asked of a default route
  std::string node;      ///< its name in the cluster
  std::string endpoint;  ///< controlPlaneEndpoint's name, in /etc/hosts
  std::string pod_cidr, service_cidr, domain;
  std::vector<std::string> cert_sans;
  std::string resolv_conf;               ///< what pods get as their resolver's source; exists without an upstream too
  std::string cni_programs;              ///< where the CNI plugins lie; dockershim asks the kubelet, other runtimes know themselves
  std::string certificate_key{};         ///< 64 hex digits, for the certificates that `kubeadm init phase upload-certs` gives away
  std::vector<std::string> node_labels;  ///< "key=value", of a node that joins: the kubelet brings them along
  bool swap_stays = false;               ///< swap is the machine's around this container: it cannot be switched off here
  bool cgroup_v1 = false;                ///< this machine has no unified hierarchy
  bool conntrack_fixed = false;          ///< this machine's conntrack limits cannot be set
};

/// The runtime's socket as the version writes it.
std::string cri_socket(const KubeadmDialect& dialect, std::string_view runtime);
/// InitConfiguration, ClusterConfiguration, KubeletConfiguration and KubeProxyConfiguration as one YAML stream.
/// REQUIRES: kubeadm_dialect(settings.version). Sources: kubeadm's API references (v1beta1 to v1beta4), the kubelet's and kube-proxy's.
std::string kubeadm_init_config(const KubeadmSettings& settings);

/// What a machine that joins knows of the cluster.
struct KubeadmJoin {
  std::string server;   ///< "cluster.internal:6443"
  std::string token;    ///< a bootstrap token, "abcdef.0123456789abcdef"
  std::string ca_hash;  ///< "sha256:..." of the cluster's CA
  bool control_plane = false;
  std::string certificate_key;  ///< of a control-plane node: 64 hex digits
};
/// JoinConfiguration. REQUIRES: kubeadm_dialect(settings.version), with a certificate key only where the dialect knows it.
std::string kubeadm_join_config(const KubeadmSettings& settings, const KubeadmJoin& join);

}  // namespace rootcellar
