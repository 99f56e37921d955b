#include "installer/plan/kubeadm_config.h"

#include <array>

#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr unsigned k_last_minor = 34;  // 1.35 refuses control groups version 1 by default; nothing newer was tried
constexpr std::string_view k_master = "node-role.kubernetes.io/master", k_control_plane = "node-role.kubernetes.io/control-plane";

/// A row begins where something changes. kubernetes.io, "kubeadm Configuration"; the change logs of 1.15, 1.20, 1.22, 1.24, 1.25, 1.31.
const std::array<KubeadmDialect, 8>& dialects() {
  static const std::array<KubeadmDialect, 8> k_dialects{{
      {14, "v1beta1", true, false, false, false, false, {k_master}, {k_master}},
      {15, "v1beta2", true, false, false, true, false, {k_master}, {k_master}},
      {20, "v1beta2", true, false, false, true, false, {k_master, k_control_plane}, {k_master}},
      {22, "v1beta3", true, false, false, true, false, {k_master, k_control_plane}, {k_master}},
      {24, "v1beta3", false, true, false, true, false, {k_control_plane}, {k_master, k_control_plane}},
      {25, "v1beta3", false, true, false, true, false, {k_control_plane}, {k_control_plane}},
      {31, "v1beta4", false, true, true, true, true, {k_control_plane}, {k_control_plane}},
      {k_last_minor + 1, "", false, false, false, false, false, {}, {}},
  }};
  return k_dialects;
}

std::string without_v(std::string_view version) { return std::string(version.substr(version.starts_with('v') ? 1 : 0)); }

void begin_document(YamlWriter& out, std::string_view api, std::string_view kind) {
  out.begin_map();
  out.entry("apiVersion", api);
  out.entry("kind", kind);
}

/// kubelet's own flags: what its configuration file, which all nodes share, cannot say.
void write_kubelet_arguments(YamlWriter& out, const KubeadmSettings& settings, const KubeadmDialect& dialect) {
  std::vector<std::pair<std::string, std::string>> arguments{{"node-ip", settings.address}};
  if (dialect.dockershim && settings.runtime == "docker") arguments.insert(arguments.begin(), {"cni-bin-dir", settings.cni_programs});
  if (!settings.node_labels.empty()) arguments.emplace_back("node-labels", join(settings.node_labels, ","));
  out.key("kubeletExtraArgs");
  if (!dialect.listed_arguments) {
    out.begin_map();
    for (const auto& [name, value] : arguments) out.entry(name, value);
    out.end_map();
    return;
  }
  out.begin_list();
  for (const auto& [name, value] : arguments) {
    out.begin_map();
    out.entry("name", name);
    out.entry("value", value);
    out.end_map();
  }
  out.end_list();
}

void write_registration(YamlWriter& out, const KubeadmSettings& settings, const KubeadmDialect& dialect) {
  out.key("nodeRegistration");
  out.begin_map();
  out.entry("name", settings.node);
  out.entry("criSocket", cri_socket(dialect, settings.runtime));
  write_kubelet_arguments(out, settings, dialect);
  out.end_map();
}

void write_local_endpoint(YamlWriter& out, const KubeadmSettings& settings) {
  out.key("localAPIEndpoint");
  out.begin_map();
  out.entry("advertiseAddress", settings.address);
  out.entry_number("bindPort", 6443);
  out.end_map();
}

std::string init_document(const KubeadmSettings& settings, const KubeadmDialect& dialect) {
  YamlWriter out;
  begin_document(out, cat("kubeadm.k8s.io/", dialect.api), "InitConfiguration");
  write_local_endpoint(out, settings);
  if (!settings.certificate_key.empty()) out.entry("certificateKey", settings.certificate_key);
  write_registration(out, settings, dialect);
  out.end_map();
  return out.finish();
}

std::string cluster_document(const KubeadmSettings& settings, const KubeadmDialect& dialect) {
  YamlWriter out;
  begin_document(out, cat("kubeadm.k8s.io/", dialect.api), "ClusterConfiguration");
  out.entry("kubernetesVersion", cat("v", without_v(settings.version)));
  out.entry("controlPlaneEndpoint", cat(settings.endpoint, ":6443"));
  out.key("networking");
  out.begin_map();
  out.entry("podSubnet", settings.pod_cidr);
  out.entry("serviceSubnet", settings.service_cidr);
  out.entry("dnsDomain", settings.domain);
  out.end_map();
  out.key("apiServer");
  out.begin_map();
  std::vector<std::string> names{settings.endpoint, settings.node, settings.address};
  names.insert(names.end(), settings.cert_sans.begin(), settings.cert_sans.end());
  out.entry_list("certSANs", names);
  out.end_map();
  out.end_map();
  return out.finish();
}

/// Eviction by absolute numbers: a share of a large disk that is nearly full would evict every pod at once; and what is not named is not
/// watched. Unused images are never cleaned up: that would begin at 85 % of the disk, whoever filled it.
std::string kubelet_document(const KubeadmSettings& settings, const KubeadmDialect& dialect) {
  YamlWriter out;
  begin_document(out, "kubelet.config.k8s.io/v1beta1", "KubeletConfiguration");
  out.entry("cgroupDriver", "systemd");
  out.entry("resolvConf", settings.resolv_conf);
  out.key("evictionHard");
  out.begin_map();
  out.entry("imagefs.available", "1Gi");
  out.entry("memory.available", "100Mi");
  out.entry("nodefs.available", "1Gi");
  out.entry("nodefs.inodesFree", "5%");
  out.end_map();
  out.entry_number("imageGCHighThresholdPercent", 100);
  if (settings.swap_stays) {
    out.key("failSwapOn");
    out.value_plain(false);
  }
  if (dialect.may_refuse_cgroup_v1 && settings.cgroup_v1) {
    out.key("failCgroupV1");
    out.value_plain(false);
  }
  out.end_map();
  return out.finish();
}

std::string proxy_document(const KubeadmSettings& settings) {
  YamlWriter out;
  begin_document(out, "kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration");
  out.entry("mode", "iptables");
  if (settings.conntrack_fixed) {
    out.key("conntrack");
    out.begin_map();
    out.entry_number("maxPerCore", 0);
    out.end_map();
  }
  out.end_map();
  return out.finish();
}

}  // namespace

std::optional<unsigned> kubernetes_minor(std::string_view version) {
  const std::string plain = without_v(version);
  const std::vector<std::string_view> parts = split(plain, '.');
  const auto minor = parts.size() == 3 && parts[0] == "1" ? parse_u64(parts[1]) : std::nullopt;
  if (!minor || *minor > 999 || !parse_u64(parts[2])) return std::nullopt;
  return static_cast<unsigned>(*minor);
}

const KubeadmDialect* kubeadm_dialect(std::string_view version) {
  const std::optional<unsigned> minor = kubernetes_minor(version);
  const KubeadmDialect* found = nullptr;
  for (const KubeadmDialect& row : dialects()) {
    if (minor && row.first_minor <= *minor) found = row.api.empty() ? nullptr : &row;
  }
  return found;
}

std::string cri_socket(const KubeadmDialect& dialect, std::string_view runtime) {
  const std::string_view scheme = dialect.socket_urls ? "unix://" : "";
  if (runtime == "containerd") return cat(scheme, "/run/containerd/containerd.sock");
  return cat(scheme, dialect.dockershim ? "/var/run/dockershim.sock" : "/run/cri-dockerd.sock");
}

std::string kubeadm_init_config(const KubeadmSettings& settings) {
  const KubeadmDialect& dialect = *kubeadm_dialect(settings.version);
  return join(std::vector<std::string>{init_document(settings, dialect), cluster_document(settings, dialect),
                                       kubelet_document(settings, dialect), proxy_document(settings)},
              "---\n");
}

std::string kubeadm_join_config(const KubeadmSettings& settings, const KubeadmJoin& join) {
  const KubeadmDialect& dialect = *kubeadm_dialect(settings.version);
  YamlWriter out;
  begin_document(out, cat("kubeadm.k8s.io/", dialect.api), "JoinConfiguration");
  out.key("discovery");
  out.begin_map();
  out.key("bootstrapToken");
  out.begin_map();
  out.entry("token", join.token);
  out.entry("apiServerEndpoint", join.server);
  out.entry_list("caCertHashes", {join.ca_hash});
  out.end_map();
  out.end_map();
  write_registration(out, settings, dialect);
  if (join.control_plane) {
    out.key("controlPlane");
    out.begin_map();
    write_local_endpoint(out, settings);
    if (!join.certificate_key.empty()) out.entry("certificateKey", join.certificate_key);
    out.end_map();
  }
  out.end_map();
  return out.finish();
}

}  // namespace rootcellar
