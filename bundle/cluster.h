// The Kubernetes part of an appliance: what kubeadm is told, and what is deployed afterwards, in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rootcellar {

/// A directory a role needs on its machine, such as a database's hostPath. User data: uninstall keeps it.
struct RoleDirectory {
  std::string path;
  std::uint32_t mode = 0755;
  std::string owner = "root";  ///< name or number: images often write as a number no host knows
  std::string group = "root";
};

/// What a role demands of a disk of its machine; nothing is made there.
struct RoleDisk {
  std::string path;
  std::uint64_t free = 0;       ///< bytes that must be free when the machine is first installed
  bool own_filesystem = false;  ///< not the one that / is on
  bool solid_state = false;     ///< no disk that turns
};

/// What a machine is in the cluster ("webServer", "dbServer"); the site's answers say which machine is what.
struct NodeRole {
  std::string name;
  std::vector<std::string> labels;  ///< "key=value", set with --overwrite
  std::vector<RoleDirectory> directories;
  std::vector<std::string> packages;  ///< names that apt installs on its machines only
  std::vector<RoleDisk> disks;
};

/// A port of what runs in the cluster, such as the CNI's between nodes: where a firewall is, it is opened.
struct ClusterPort {
  std::string name;              ///< what listens: "flannel's packets between nodes"
  std::uint64_t first = 0;       ///< "30000-32767/udp": 30000
  std::uint64_t last = 0;        ///< the same as `first` for one port
  std::string protocol = "tcp";  ///< "tcp" | "udp"
  std::string from = "nodes";    ///< who must reach it: "nodes" | "everyone"
};

/// Something that must come true before the next deployment begins. Exactly one kind.
struct ClusterWait {
  std::string kind;        ///< "rollout" | "job" | "jsonpath" | "http"
  std::string target;      ///< "deployment/web", "job/migrate", "workflow/hello"; http: URL with a numeric host, ${...} allowed
  std::string space;       ///< namespace; empty: the deployment's
  std::string expression;  ///< jsonpath: "{.status.phase}"
  std::string expect;      ///< jsonpath: the value; http: text in the body; empty: existence, or status 200
  std::vector<std::string> fails;   ///< jsonpath: values that end the waiting as failed ("Failed", "Error")
  std::uint64_t time_limit = 600;   ///< seconds
};

/// A value read out of the cluster and kept: ${capture.NAME} in later deployments.
struct ClusterCapture {
  std::string name;
  std::string target;      ///< "service/web"
  std::string space;       ///< namespace; empty: the deployment's
  std::string expression;  ///< jsonpath
};

/// A secret made on the target, once, and kept across upgrades: ${secret.NAME}.
struct GeneratedSecret {
  std::string name;
  std::string kind;           ///< "password" | "hex" | "rsa" | "jwt" | "dhparam" | "htpasswd" | "dockerconfigjson"
  std::uint64_t length = 0;   ///< password, hex: characters; rsa, dhparam: bits; 0: the kind's default
  std::string user;           ///< htpasswd, dockerconfigjson
  std::string secret;         ///< htpasswd, dockerconfigjson: name of the password's secret; jwt: of its key's
  std::string claims;         ///< jwt: a JSON object
  std::string server;         ///< dockerconfigjson: registry HOST:PORT, ${...} allowed
};

/// What a job's program finds in its environment: a value, or one key of a Secret in its namespace. Exactly one of the two.
struct JobVariable {
  std::string name;
  std::string value;   ///< ${...} filled in on the target; never a secret
  std::string secret;  ///< the Secret's name
  std::string key;     ///< the key in it
};

/// One thing put into the cluster. Exactly one kind.
struct Deployment {
  std::string name;                   ///< unique; a chart's release name
  std::string kind;                   ///< "manifest" | "chart" | "exec" | "job"
  std::string space;                  ///< namespace, made when it is not there; empty: "default"
  std::vector<std::string> files;     ///< FileEntry paths. manifest: applied in this order; chart: the one archive
  std::string text;                   ///< manifest: one more document; chart: values.yaml. ${...} is filled in on the target
  bool templated = false;             ///< manifest: ${...} is filled in in `files` too
  std::string target;                 ///< exec: "deployment/web"; job: where its probe is asked
  std::string container;              ///< exec, job's probe; empty: the pod's default
  std::vector<std::string> argv;      ///< exec, job: never holds a secret
  std::vector<std::string> probe;     ///< exec: exit status 0 in the same pod means already so; empty: done once
  std::string input;                  ///< exec: standard input, ${...} filled in
  std::vector<ClusterWait> waits;
  std::vector<ClusterCapture> captures;
  std::uint64_t time_limit = 900;     ///< seconds, of the deployment itself
  std::string image;                  ///< job
  std::string account;                ///< job: service account; empty: the namespace's default
  std::vector<JobVariable> environment;  ///< job
  std::uint64_t attempts = 0;            ///< job: how many pods may be tried; 0 for other kinds
};

/// What another site's host needs to use this cluster: a service account's token and the authority, in one small file.
struct ClusterExport {
  std::string name;
  std::string space;                       ///< namespace, made when it is not there; empty: "default"
  std::string account = "default";         ///< service account, made when it is not there
  std::vector<std::string> cluster_roles;  ///< ClusterRoles that the account gets in this namespace
  std::vector<std::string> roles;          ///< Roles of the namespace that it gets
  std::string host;                        ///< by which the other host reaches the API server, ${...} filled in; empty: this node's address
  std::string path;                        ///< the file on this machine
  std::string format = "tator";            ///< "tator": values for its chart | "kubeconfig"
};

struct ClusterSection {
  bool enabled = false;
  bool existing = false;                        ///< the bundle makes none: the site has one, and its answers hold a key of it
  std::string version;                          ///< "1.34.4"
  std::string runtime = "containerd";           ///< "containerd" | "docker" (dockershim below 1.24, cri-dockerd from there on)
  std::string pod_cidr = "10.244.0.0/16";
  std::string service_cidr = "10.96.0.0/16";
  std::string domain = "cluster.local";
  std::string endpoint = "cluster.internal";    ///< controlPlaneEndpoint's name, in every node's /etc/hosts
  std::string cni_programs = "/opt/cni/bin";    ///< where the CNI plugins lie: Debian's package has them in /usr/lib/cni
  std::vector<std::string> images;              ///< what kubeadm pulls, by upstream name; compared with kubeadm's own list when locking
  std::uint64_t peer_mirror = 0;                ///< port of every node where containerd asks other nodes for images first; 0: none
  std::string sandbox_image;                    ///< "registry.k8s.io/pause:3.10.1"
  bool schedule_on_control_plane = true;        ///< takes the control plane's taint away
  std::vector<std::string> cert_sans;           ///< more names of the API server
  std::vector<NodeRole> roles;
  std::vector<ClusterPort> ports;  ///< beside those that every cluster has
  std::vector<GeneratedSecret> secrets;
  std::vector<Deployment> network;              ///< the CNI: before the node can be Ready
  std::vector<Deployment> deploy;               ///< everything else, in order
  std::vector<ClusterExport> exports;           ///< after all of it
};

}  // namespace rootcellar
