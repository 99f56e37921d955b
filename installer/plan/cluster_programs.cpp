#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_kubelet = "/usr/local/bin/kubelet";
constexpr std::string_view k_kubelet_unit = "/etc/systemd/system/kubelet.service";
constexpr std::string_view k_kubelet_drop_in = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";
constexpr std::string_view k_cri_dockerd = "/usr/local/bin/cri-dockerd";
constexpr std::string_view k_cri_docker_unit = "/etc/systemd/system/cri-docker.service";
constexpr const char* k_cri_docker_records = "/var/lib/cri-dockerd/sandbox";
constexpr std::string_view k_crictl_config = "/etc/crictl.yaml";

std::string runtime_unit(const PlanInput& input, const ClusterSite& site) {
  if (input.cluster_containerd()) return "containerd.service";
  return site.dialect->dockershim ? "docker.service" : "cri-docker.service";
}

std::string kubelet_unit_text(const PlanInput& input, const ClusterSite& site) {
  const std::string runtime = runtime_unit(input, site);
  return cat("[Unit]\nDescription=kubelet: the node agent of Kubernetes\nWants=network-online.target ", runtime,
             "\nAfter=network-online.target rootcellar-route.service ", runtime,
             "\nStartLimitIntervalSec=0\n\n[Service]\nExecStart=", k_kubelet,
             "\nRestart=always\nRestartSec=10\nUnsetEnvironment=", k_proxy_variables, "\n\n[Install]\nWantedBy=multi-user.target\n");
}

/// What kubeadm expects of the kubelet's unit: "Configuring each kubelet in your cluster using kubeadm", kubernetes.io.
std::string kubelet_drop_in_text() {
  return cat(
      "[Service]\nEnvironment=\"KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf "
      "--kubeconfig=/etc/kubernetes/kubelet.conf\"\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n"
      "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\nExecStart=\nExecStart=",
      k_kubelet, " $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n");
}

std::string cri_docker_unit_text(const PlanInput& input) {
  const ClusterSection& section = input.appliance().cluster;
  return cat(
      "[Unit]\nDescription=docker as the kubelet's runtime\nRequires=docker.service\nAfter=docker.service\n\n[Service]\n"
      "Type=notify\nExecStart=",
      k_cri_dockerd, " --container-runtime-endpoint unix:///run/cri-dockerd.sock --streaming-bind-addr 127.0.0.1:0 --network-plugin cni --cni-bin-dir ", section.cni_programs,
      " --cni-conf-dir /etc/cni/net.d --pod-infra-container-image ", section.sandbox_image,
      "\nRestart=always\nRestartSec=2\nKillMode=process\nDelegate=yes\nTasksMax=infinity\nLimitNOFILE=1048576\nUnsetEnvironment=",
      k_proxy_variables, "\n\n[Install]\nWantedBy=multi-user.target\n");
}

void plan_cri_docker(const PlanInput& input, const ClusterSite& site, Plan& plan) {
  if (input.cluster_containerd() || site.dialect->dockershim) return;
  const std::string unit(k_cri_docker_unit);
  add_step(plan, "cri-docker-records", cat("make directory ", k_cri_docker_records),
           "cri-dockerd writes down there which pods it has; when they are gone, so is it.", MakeDirectory{k_cri_docker_records});
  add_step(plan, "cri-docker-unit", cat("write ", unit), "From Kubernetes 1.24 on the kubelet speaks to docker through cri-dockerd.",
           WriteFile{unit, cri_docker_unit_text(input)});
  add_step(plan, "cri-docker-service", "enable and start cri-docker.service", "The kubelet runs containers through it.",
           SetUnit{"cri-docker.service", true, true, true, {unit, std::string(k_cri_dockerd)}});
}

}  // namespace

void plan_cluster_programs(const PlanInput& input, Plan& plan) {
  if (!input.own_cluster()) return;
  const ClusterSite site = make_cluster_site(input);
  if (!site.ready()) return;
  plan_cri_docker(input, site, plan);
  if (input.cluster_containerd()) {
    const std::string path(k_crictl_config), socket = "unix:///run/containerd/containerd.sock";
    add_step(plan, "crictl-config", cat("write ", path), "crictl, which shows what the kubelet's runtime has, finds it without being told.",
             WriteFile{path, cat("runtime-endpoint: ", socket, "\nimage-endpoint: ", socket, "\ntimeout: 30\n")});
  }
  const std::string unit(k_kubelet_unit), drop_in(k_kubelet_drop_in);
  add_step(plan, "kubelet-unit", cat("write ", unit), "The kubelet starts at boot, after its container runtime.",
           WriteFile{unit, kubelet_unit_text(input, site)});
  add_step(plan, "kubelet-unit-directory", cat("make directory ", path_parent(drop_in)),
           "systemd reads additions to the kubelet's unit there.", MakeDirectory{path_parent(drop_in)});
  add_step(plan, "kubelet-drop-in", cat("write ", drop_in), "The kubelet reads what kubeadm writes for it.",
           WriteFile{drop_in, kubelet_drop_in_text()});
}

}  // namespace rootcellar
