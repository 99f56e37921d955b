// The cluster's section of a profile: everything that can be said, as it arrives.
#include <gtest/gtest.h>

#include "builder/profile/address_range.h"
#include "builder/profile/profile.h"
#include "builder/profile/value_rules.h"
#include "builder/profile/values_text.h"

namespace rootcellar {
namespace {

Profile load(const std::string& variant) {
  return load_profile(RC_SOURCE_DIR "/tests/golden/profile/cluster.yaml", {.variant = variant, .architecture = "amd64", .set = {}});
}

TEST(ClusterProfile, HoldsWhatKubeadmIsTold) {
  const Profile profile = load("");
  const ClusterSection& cluster = profile.cluster.described;
  EXPECT_TRUE(cluster.enabled);
  EXPECT_EQ(cluster.version, "1.34.4");
  EXPECT_EQ(cluster.runtime, "containerd");
  EXPECT_EQ(profile.runtime.kind, "containerd");
  EXPECT_EQ(cluster.pod_cidr, "10.100.0.0/16");
  EXPECT_EQ(cluster.service_cidr, "fd00:10::/108");
  EXPECT_EQ(cluster.domain, "lab.local");
  EXPECT_EQ(cluster.endpoint, "api.lab.local");
  EXPECT_EQ(cluster.cni_programs, "/usr/lib/cni");
  EXPECT_EQ(cluster.images, (std::vector<std::string>{"registry.k8s.io/kube-apiserver:v1.34.4", "registry.k8s.io/pause:3.10.1"}));
  EXPECT_EQ(cluster.sandbox_image, "registry.k8s.io/pause:3.10.1");
  EXPECT_FALSE(cluster.schedule_on_control_plane);
  EXPECT_EQ(cluster.cert_sans, std::vector<std::string>{"lab.example"});
}

TEST(ClusterProfile, HoldsRolesAndSecrets) {
  const ClusterSection cluster = load("").cluster.described;
  ASSERT_EQ(cluster.roles.size(), 1U);
  EXPECT_EQ(cluster.roles[0].labels, (std::vector<std::string>{"dbServer=yes", "lab.example/disk=ssd"}));
  ASSERT_EQ(cluster.roles[0].directories.size(), 1U);
  EXPECT_EQ(cluster.roles[0].directories[0].owner, "999");
  EXPECT_EQ(cluster.roles[0].directories[0].mode, 0700U);
  EXPECT_EQ(cluster.roles[0].packages, std::vector<std::string>{"xfsprogs"});
  ASSERT_EQ(cluster.secrets.size(), 3U);
  EXPECT_EQ(cluster.secrets[0].length, 32U);
  EXPECT_EQ(cluster.secrets[1].server, "${site.registry}");
  EXPECT_EQ(cluster.secrets[2].claims, R"({"role": "${answers.role}"})");
  EXPECT_EQ(cluster.secrets[2].secret, "db");
}

TEST(ClusterProfile, HoldsPorts) {
  const ClusterSection cluster = load("").cluster.described;
  std::vector<std::string> lines;
  for (const ClusterPort& port : cluster.ports)
    lines.push_back(port.name + " " + std::to_string(port.first) + " " + std::to_string(port.last) + " " + port.protocol + " " + port.from);
  EXPECT_EQ(lines, (std::vector<std::string>{"the database 5432 5432 tcp nodes", "flannel, between machines 8472 8472 udp nodes",
                                             "an ingress 80 81 tcp everyone"}));
}

TEST(ClusterProfile, CardsAndTheirDriverAndWhoGetsWhichPackages) {
  const Profile profile = load("");
  EXPECT_TRUE(profile.gpu.enabled && profile.runtime.nvidia && profile.runtime.nvidia_default);
  EXPECT_EQ(profile.gpu.role, "dbServer");
  EXPECT_EQ(profile.gpu.driver, "packages");
  EXPECT_EQ(profile.gpu.branch, 535U);
  ASSERT_EQ(profile.packages.groups.size(), 2U);
  EXPECT_EQ(profile.packages.groups[0].name, "role:dbServer");
  EXPECT_EQ(profile.packages.groups[0].install, std::vector<std::string>{"xfsprogs"});
  EXPECT_EQ(profile.packages.groups[1].name, "gpu-driver");
  EXPECT_EQ(profile.packages.groups[1].install, std::vector<std::string>{"nvidia-driver"});
}

TEST(ClusterProfile, BinariesAreFiles) {
  const Profile profile = load("");
  std::vector<std::string> lines;
  for (const ProfileFile& file : profile.files)
    lines.push_back(file.name + " " + file.destination + " " + file.content.member + (file.mode == 0755 ? "" : " other mode"));
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "kubeadm /usr/local/bin/kubeadm ",
                       "kubelet /usr/bin/kubelet ",
                       "kubectl /usr/local/bin/kubectl ",
                       "helm /usr/local/bin/helm linux-amd64/helm",
                       "cni.bridge /opt/cni/bin/bridge ./bridge other mode",
                       "cni.host-local /opt/cni/bin/host-local host-local other mode",
                   }));
  EXPECT_EQ(profile.files[0].content.checksum_url, "https://dl.k8s.io/kubeadm.sha256");
  EXPECT_EQ(profile.files[2].content.resolved_path, "stacks/content.txt");
}

TEST(ClusterProfile, HoldsManifestsAndKustomizeFolders) {
  const Profile profile = load("");
  ASSERT_EQ(profile.cluster.network.size(), 1U);
  EXPECT_EQ(profile.cluster.network[0].described.kind, "manifest");
  EXPECT_EQ(profile.cluster.network[0].kustomize, "kustomize");
  EXPECT_EQ(profile.cluster.network[0].described.waits.at(0).target, "daemonset/flannel");
  EXPECT_EQ(profile.cluster.network[0].described.waits.at(0).space, "kube-flannel");
  const ProfileDeployment& settings = profile.cluster.deploy.at(0);
  EXPECT_EQ(settings.described.kind, "manifest");
  EXPECT_EQ(settings.described.space, "lab");
  EXPECT_EQ(settings.described.text, "password: ${secret.db|b64}\nshell: $${HOME} and $${site.address}\n");
  EXPECT_TRUE(settings.described.templated);
  ASSERT_EQ(settings.files.size(), 2U);
  EXPECT_EQ(settings.files[0].resolved_path, "stacks/content.txt");
  EXPECT_EQ(settings.files[1].checksum_url, "https://example.org/SHA256SUMS");
  EXPECT_EQ(settings.described.captures.at(0).expression, "{.spec.clusterIP}");
}

TEST(ClusterProfile, HoldsChartsFromEverywhere) {
  const auto deploy = load("").cluster.deploy;
  EXPECT_EQ(deploy.at(1).chart->content.resolved_path, "charts/web");
  EXPECT_EQ(deploy.at(1).described.time_limit, 60U);
  EXPECT_EQ(deploy.at(1).described.text, R"(number: 1
text: "1"
truth: true
nothing: null
list:
  - a
  -
    b: c
  - []
place: "${secret.db|json}"
"odd: key": {}
shell: "$${HOME}"
)");
  EXPECT_EQ(deploy.at(2).chart->repository, "https://charts.example.org");
  EXPECT_EQ(deploy.at(2).chart->name, "redis");
  EXPECT_EQ(deploy.at(2).chart->version, "9.4.1");
  EXPECT_EQ(deploy.at(2).described.text, "a: ${capture.address}");
  EXPECT_EQ(deploy.at(3).chart->oci, "oci://ghcr.io/lab/charts/web");
  EXPECT_EQ(deploy.at(4).chart->content.size, 7U);
}

TEST(ClusterProfile, HoldsCommandsAndWaits) {
  const Deployment exec = load("").cluster.deploy.at(5).described;
  EXPECT_EQ(exec.kind, "exec");
  EXPECT_EQ(exec.container, "app");
  EXPECT_EQ(exec.probe, (std::vector<std::string>{"manage.py", "has-superuser"}));
  EXPECT_EQ(exec.input, "${secret.db}\n");
  ASSERT_EQ(exec.waits.size(), 3U);
  EXPECT_EQ(exec.waits[0].target, "job/migrate");
  EXPECT_EQ(exec.waits[0].time_limit, 30U);
  EXPECT_EQ(exec.waits[1].fails, (std::vector<std::string>{"Failed", "Error"}));
  EXPECT_EQ(exec.waits[1].expect, "Succeeded");
  EXPECT_EQ(exec.waits[2].target, "http://${capture.address}/");
}

TEST(ClusterProfile, ListsMergeByName) {
  const Profile profile = load("small");
  EXPECT_EQ(profile.cluster.described.secrets.size(), 2U);
  ASSERT_EQ(profile.cluster.deploy.size(), 5U);
  EXPECT_EQ(profile.cluster.deploy[1].described.time_limit, 90U);
}

TEST(AddressRanges, MeetOrDoNot) {
  const auto meet = [](const char* a, const char* b) { return ranges_overlap(*parse_address_range(a), *parse_address_range(b)); };
  EXPECT_TRUE(meet("10.96.0.0/12", "10.100.0.0/21"));
  EXPECT_TRUE(meet("10.100.0.0/21", "10.96.0.0/12"));
  EXPECT_TRUE(meet("0.0.0.0/0", "10.0.0.0/8"));
  EXPECT_FALSE(meet("10.96.0.0/16", "10.244.0.0/16"));
  EXPECT_FALSE(meet("10.0.0.0/9", "10.128.0.0/9"));
  EXPECT_FALSE(meet("10.0.0.0/8", "fd00::/8"));
  EXPECT_TRUE(meet("fd00::/8", "fd00:10::/108"));
  for (const char* bad : {"", "10.0.0.0", "10.0.0.0/33", "10.0.0.1/24", "10.0.0/24", "fd00::1/64", "::/129", "10.0.0.0/08", "x/8"})
    EXPECT_FALSE(parse_address_range(bad).has_value()) << bad;
}

TEST(ClusterValueRules, TellApart) {
  for (const char* good : {"deployment/web", "Deployment/web", "workflows.argoproj.io/hello"}) EXPECT_TRUE(is_object(good)) << good;
  for (const char* bad : {"web", "/web", "deployment/", "deployment/Web", "a/b/c", "-f/x"}) EXPECT_FALSE(is_object(bad)) << bad;
  for (const char* good : {"a=b", "a=", "lab.example/role=web_1"}) EXPECT_TRUE(is_node_label(good)) << good;
  for (const char* bad : {"a", "=b", "-a=b", "a=b-", "/a=b", "A/b/c=d", "lab.example/=x"}) EXPECT_FALSE(is_node_label(bad)) << bad;
  for (const char* good : {"helm", "linux-amd64/helm", "./bridge"}) EXPECT_TRUE(is_member(good)) << good;
  for (const char* bad : {"", "/helm", "../helm", "a/../b", "./", "a//b"}) EXPECT_FALSE(is_member(bad)) << bad;
}

}  // namespace
}  // namespace rootcellar
