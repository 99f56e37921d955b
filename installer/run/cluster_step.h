// The kinds of step that make a machine a node of a Kubernetes cluster and put things into the cluster.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle/base/digest.h"
#include "bundle/cluster.h"

namespace rootcellar {

inline constexpr const char* k_admin_kubeconfig = "/etc/kubernetes/admin.conf";
/// The node's own key: it may ask about its node and little else.
inline constexpr const char* k_kubelet_kubeconfig = "/etc/kubernetes/kubelet.conf";
/// The secret that signs tickets; no profile can name one so, and no text can ask for it. It goes with the cluster it speaks for.
inline constexpr const char* k_site_key = "_site-key";
inline constexpr const char* k_site_key_kind = "signing key";

/// What ${NAME} stands for, known when planning ("site.address", "answers.domain"). ${secret.NAME} and ${capture.NAME} are read from the
/// machine when the step runs: the journal never holds a secret.
struct TemplateValue {
  std::string name;
  std::string value;
};

/// Lines of a text file that others own too, such as /etc/fstab and /etc/hosts. Undo takes back these lines and nothing else.
struct EditLines {
  std::string path;
  std::vector<std::string> add;  ///< appended, where the file does not have them
  std::string comment_out;       ///< "swap": entries of fstab(5) of that type get a '#' of ours in front; empty: none
};

/// Turns swapping off now; undo turns on again what was on. Whether it stays off is /etc/fstab's business.
struct SwapOff {
  std::vector<std::string> keep;  ///< devices left on; normally none
};

/// "net.ipv4.ip_forward=1", or "fs.inotify.max_user_watches>=524288" for what is only ever raised, now, in /proc/sys; undo puts the earlier
/// values back. A WriteFile beside it makes it last.
struct SetSysctls {
  std::vector<std::string> settings;
};

/// Kernel modules in the kernel now: already loaded, built in, or loaded by modprobe. They stay until the next boot.
struct LoadModules {
  std::vector<std::string> names;
};

/// Rules of ours in a firewall that people set up with ufw or firewalld, now and at every boot. What says the same already stays theirs;
/// undo takes back what we added.
struct OpenFirewall {
  std::string kind;       ///< "ufw" | "firewalld"
  std::string interface;  ///< firewalld: its zone gets the ports
  /// ufw: words after `ufw`, "allow from 10.244.0.0/16", "route allow to 10.244.0.0/16".
  /// firewalld: "source 10.244.0.0/16" (trusted), "port 6443/tcp", "rich-rule rule family=..." (of the interface's zone).
  std::vector<std::string> rules;
};

/// What the driver of this machine's cards has for containers, written by `nvidia-ctk cdi generate`: for this card, driver and kernel.
struct GenerateCdi {
  std::string program;  ///< "/usr/local/bin/nvidia-ctk"
  std::string path;     ///< "/etc/cdi/nvidia.yaml"
};

/// An image pulled by the kubelet's own runtime (containerd, namespace k8s.io) by its upstream name, proven by digest, and pinned against
/// kubelet's garbage collection. Undo takes it away when it was not there before.
struct PullIntoContainerd {
  std::string name;
  Digest digest;  ///< all-zero: not compared
  bool pin = true;
};

/// `kubeadm init` or `kubeadm join`. Begun and not finished: `kubeadm reset` first. Undo: what joined leaves the cluster, then `kubeadm
/// reset`, and what that leaves behind.
struct KubeadmInit {
  std::string config;                  ///< path of kubeadm's configuration
  std::string cri_socket;              ///< "unix:///run/containerd/containerd.sock"
  std::vector<std::string> ignore;     ///< preflight checks that cannot pass here
  std::vector<std::string> clean;      ///< paths with what reset leaves: CNI configuration, etcd's data
  bool join = false;                   ///< `kubeadm join` with the same: the configuration says whom
  std::string text{};                  ///< of the configuration, with ${secret...}: written for kubeadm's run only; empty: it is there
  std::vector<std::string> secrets{};  ///< names of secrets that are removed once the machine has joined
  std::string node{};                  ///< that joins: its name in the cluster
};

/// A secret made once, 0600, below the installer's own state; kept across upgrades, and by undo unless data is purged.
struct MakeSecret {
  GeneratedSecret secret;
  std::vector<TemplateValue> values;
};

/// Server-side apply of manifests. Undo deletes what was applied, while the cluster answers.
struct ApplyManifest {
  std::string name;
  std::string space;
  std::vector<std::string> files;  ///< FileEntry paths
  std::string text;
  bool templated = false;  ///< ${...} in `files` too; in `text` always
  std::vector<TemplateValue> values;
  std::string kubeconfig = k_admin_kubeconfig;
};

/// `helm upgrade --install` of a chart of the bundle, with our own waiting and a diagnosis from events. Never --atomic.
struct HelmRelease {
  std::string name;
  std::string space;
  std::string chart;        ///< FileEntry path of the archive
  std::string values_text;  ///< values.yaml with ${...}
  std::vector<TemplateValue> values;
  std::uint64_t time_limit = 900;
  std::string kubeconfig = k_admin_kubeconfig;
};

/// A command in a running pod. Its input may hold secrets, its argv never does.
struct ExecInPod {
  std::string name;
  std::string space;
  std::string target;
  std::string container;
  std::vector<std::string> argv;
  std::vector<std::string> probe;
  std::string input;
  std::vector<TemplateValue> values;
  std::uint64_t time_limit = 900;
  std::string kubeconfig = k_admin_kubeconfig;
};

/// A program of an image, run as a Job of Kubernetes until it ends well; done once. Stopped on the way: a job that runs is waited for, one
/// that succeeded is not run again, one that failed is told and replaced. Undo deletes it.
struct RunJob {
  std::string name;
  std::string space;
  std::string image;
  Digest digest;  ///< of the image: other bytes under the same tag are another thing to run; all-zero: not known
  std::vector<std::string> argv;
  std::string account;
  std::vector<JobVariable> environment;
  std::string target;  ///< of the probe
  std::string container;
  std::vector<std::string> probe;
  std::uint64_t attempts = 1;
  std::vector<TemplateValue> values;
  std::uint64_t time_limit = 900;
  std::string kubeconfig = k_admin_kubeconfig;
};

/// A service account with its roles and a token of its own that does not expire, and a 0600 file by which another host uses the cluster as
/// this account. Undo takes the file, the token, the roles and, where we made it, the account away: the file is worth nothing then.
struct ExportAccess {
  std::string name;
  std::string space;
  std::string account;
  std::vector<std::string> cluster_roles;
  std::vector<std::string> roles;
  std::string host;  ///< by which the other host reaches the API server; the site's own cluster: empty for what its kubeconfig says
  std::uint64_t port = 6443;  ///< the site's own cluster: what its kubeconfig says
  std::string path;
  std::string format;  ///< "tator" | "kubeconfig"
  std::string node;    ///< this one's name, for the file's first line
  std::string kubeconfig = k_admin_kubeconfig;
};

/// A kind of wait that no profile asks for: until the pods that belong to the node `target` itself are up.
inline constexpr const char* k_wait_for_node_pods = "node-pods";

/// Waits until it is so; changes nothing. A failure says what the pods and events say.
struct WaitInCluster {
  ClusterWait wait;
  std::vector<TemplateValue> values;
  std::string kubeconfig = k_admin_kubeconfig;
};

/// Reads a value out of the cluster and keeps it, 0600, for ${capture.NAME}.
struct CaptureValue {
  ClusterCapture capture;
  std::string kubeconfig = k_admin_kubeconfig;
};

/// Labels and taints of a node by name, set with --overwrite. As kubectl spells them. Undo: none, the node goes as a whole.
struct MarkNode {
  std::string node;
  std::vector<std::string> labels;         ///< "key=value", and "key-" for one that goes
  std::vector<std::string> remove_taints;  ///< "node-role.kubernetes.io/control-plane"
  std::string kubeconfig = k_admin_kubeconfig;
};

}  // namespace rootcellar
