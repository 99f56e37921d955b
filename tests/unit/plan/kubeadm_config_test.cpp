#include "installer/plan/kubeadm_config.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/golden.h"

namespace rootcellar {
namespace {

KubeadmSettings settings_for(const std::string& version, const std::string& runtime) {
  KubeadmSettings settings;
  settings.version = version;
  settings.runtime = runtime;
  settings.address = "192.0.2.10";
  settings.node = "first";
  settings.endpoint = "cluster.internal";
  settings.pod_cidr = "10.244.0.0/16";
  settings.service_cidr = "10.96.0.0/16";
  settings.domain = "cluster.local";
  settings.cert_sans = {"lab.example"};
  settings.resolv_conf = "/etc/rootcellar/resolv.conf";
  settings.cni_programs = "/usr/lib/cni";
  settings.cgroup_v1 = settings.conntrack_fixed = true;
  return settings;
}

TEST(KubeadmConfig, InTheWordsOfEachVersion) {
  for (const auto& [version, runtime] : {std::pair("1.14.3", "docker"), std::pair("1.17.11", "docker"), std::pair("1.23.17", "docker"),
                                         std::pair("1.28.15", "containerd"), std::pair("1.34.4", "containerd")}) {
    test::expect_golden(cat("plan/kubeadm-", version, ".yaml"), kubeadm_init_config(settings_for(version, runtime)));
  }
}

TEST(KubeadmConfig, OfAMachineThatJoins) {
  const std::string hash = "sha256:" + std::string(64, 'a');
  for (const auto& [version, runtime] :
       {std::pair("1.14.3", "docker"), std::pair("1.23.17", "containerd"), std::pair("1.34.4", "containerd")}) {
    test::expect_golden(cat("plan/kubeadm-join-", version, ".yaml"),
                        kubeadm_join_config(settings_for(version, runtime), {"cluster.internal:6443", "abcdef.0123456789abcdef", hash}));
  }
  test::expect_golden("plan/kubeadm-join-control-plane.yaml",
                      kubeadm_join_config(settings_for("1.34.4", "containerd"),
                                          {"cluster.internal:6443", "abcdef.0123456789abcdef", hash, true, std::string(64, 'b')}));
}

TEST(KubeadmConfig, LeavesSwapOnWhereItIsNotThisMachines) {
  KubeadmSettings settings = settings_for("1.34.4", "containerd");
  EXPECT_EQ(kubeadm_init_config(settings).find("failSwapOn"), std::string::npos);
  settings.swap_stays = true;
  EXPECT_NE(kubeadm_init_config(settings).find("failSwapOn: false\n"), std::string::npos);
}

TEST(KubeadmConfig, SaysNothingWhereTheMachineNeedsNothing) {
  KubeadmSettings settings = settings_for("1.34.4", "containerd");
  settings.cgroup_v1 = settings.conntrack_fixed = false;
  const std::string text = kubeadm_init_config(settings);
  EXPECT_EQ(text.find("failCgroupV1"), std::string::npos);
  EXPECT_EQ(text.find("conntrack"), std::string::npos);
}

TEST(KubeadmConfig, KnowsItsVersions) {
  EXPECT_EQ(kubernetes_minor("1.14.3"), 14u);
  EXPECT_EQ(kubernetes_minor("v1.34.4"), 34u);
  for (const char* wrong : {"", "1", "1.14", "2.0.0", "1.x.3", "1.14.x", "1.1000.0", "1.14.3.1"})
    EXPECT_EQ(kubernetes_minor(wrong), std::nullopt) << wrong;
  for (const char* unknown : {"1.13.12", "1.35.0", "2.0.0"}) EXPECT_EQ(kubeadm_dialect(unknown), nullptr) << unknown;
}

TEST(KubeadmConfig, MarksOfAControlPlaneNode) {
  const auto marks = [](const char* version) {
    const KubeadmDialect& dialect = *kubeadm_dialect(version);
    std::string text = cat(dialect.api, ":");
    for (const std::string_view label : dialect.labels) text += cat(" ", label.substr(label.find('/') + 1));
    text += ", taints";
    for (const std::string_view taint : dialect.taints) text += cat(" ", taint.substr(taint.find('/') + 1));
    return text;
  };
  EXPECT_EQ(marks("1.14.10"), "v1beta1: master, taints master");
  EXPECT_EQ(marks("1.19.16"), "v1beta2: master, taints master");
  EXPECT_EQ(marks("1.20.0"), "v1beta2: master control-plane, taints master");
  EXPECT_EQ(marks("1.23.17"), "v1beta3: master control-plane, taints master");
  EXPECT_EQ(marks("1.24.0"), "v1beta3: control-plane, taints master control-plane");
  EXPECT_EQ(marks("1.30.14"), "v1beta3: control-plane, taints control-plane");
  EXPECT_EQ(marks("1.34.4"), "v1beta4: control-plane, taints control-plane");
}

TEST(KubeadmConfig, TheRuntimesSocket) {
  EXPECT_EQ(cri_socket(*kubeadm_dialect("1.23.17"), "docker"), "/var/run/dockershim.sock");
  EXPECT_EQ(cri_socket(*kubeadm_dialect("1.34.4"), "docker"), "unix:///run/cri-dockerd.sock");
  EXPECT_EQ(cri_socket(*kubeadm_dialect("1.23.17"), "containerd"), "/run/containerd/containerd.sock");
  EXPECT_EQ(cri_socket(*kubeadm_dialect("1.24.17"), "containerd"), "unix:///run/containerd/containerd.sock");
}

}  // namespace
}  // namespace rootcellar
