// Every sample in profiles/ and images/ loads, without a warning that is not meant.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "builder/profile/catalogue.h"
#include "builder/profile/profile.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

const std::string k_profiles = RC_SOURCE_DIR "/profiles";

/// What its project publishes no checksum of cannot be had otherwise.
std::vector<std::string> expected_warnings(const std::string& profile) {
  if (profile != "lab-cluster.yaml") return {};
  const std::string what = ": its sha256 is whatever its server sends when it is locked";
  std::vector<std::string> warnings{cat(k_profiles, "/stacks/kubeadm-docker.yaml:15:7: file 'cri-dockerd'", what)};
  for (const char* program : {"nvidia-ctk", "nvidia-container-runtime", "nvidia-cdi-hook"})
    warnings.push_back(cat(k_profiles, "/stacks/nvidia.yaml:18:7: file 'nvidia.", program, "'", what));
  return warnings;
}

TEST(Samples, EveryProfileLoads) {
  std::size_t count = 0;
  for (const std::string& name : list_directory(k_profiles)) {
    if (!name.ends_with(".yaml")) continue;
    ++count;
    const LintReport report = lint_profile(path_join(k_profiles, name));
    EXPECT_EQ(report.warnings, expected_warnings(name)) << name;
    EXPECT_FALSE(report.checked.empty()) << name;
  }
  EXPECT_GE(count, 1U);
}

TEST(Samples, TheCatalogueLoads) {
  EXPECT_FALSE(built_in_catalogue().entries().empty());
  const std::string text = read_file(RC_SOURCE_DIR "/images/catalogue.yaml", std::size_t{1} << 20);
  EXPECT_EQ(Catalogue::parse(text, "images/catalogue.yaml").entries().size(), built_in_catalogue().entries().size());
}

TEST(Samples, LabHasItsTwoVariants) {
  EXPECT_EQ(lint_profile(k_profiles + "/lab.yaml").checked, (std::vector<std::string>{"cpu/amd64", "gpu/amd64"}));
  const Profile gpu = load_profile(k_profiles + "/lab.yaml", {.variant = "gpu", .architecture = "amd64", .set = {}});
  EXPECT_TRUE(gpu.runtime.nvidia);
  EXPECT_EQ(gpu.packages.install, (std::vector<std::string>{"apparmor", "docker.io", "docker-registry"}));
}

// No sample has ten nodes.
TEST(Samples, SpegelGoesIntoAClusterOnContainerd) {
  const TemporaryDirectory folder("rc-samples");
  const std::string stacks = std::filesystem::relative(k_profiles + "/stacks", folder.path()).string();
  const auto profile_on = [&](const std::string& runtime) {
    const std::string path = path_join(folder.path(), runtime + ".yaml");
    write_file_atomically(path, cat("rootcellar: 1\ninclude: [", stacks, "/kubeadm-", runtime, ".yaml, ", stacks,
                                    "/spegel.yaml]\nproduct: x\ntitle: x\ntarget: {distribution: debian, version: \"12\", codename: bookworm}\n"
                                    "architectures: [amd64]\ncluster: {binaries: [{name: helm, text: x}]}\n"));
    return path;
  };
  const Profile profile = load_profile(profile_on("containerd"), {.variant = {}, .architecture = "amd64", .set = {}});
  EXPECT_EQ(profile.cluster.described.peer_mirror, 30020U);
  const ProfileDeployment& spegel = profile.cluster.deploy.back();
  EXPECT_EQ(spegel.chart->oci, "oci://ghcr.io/spegel-org/helm-charts/spegel");
  EXPECT_EQ(spegel.described.text,
            "image:\n  tag: \"v0.7.4\"\nservice:\n  registry:\n    nodePort: 30020\nspegel:\n  containerdMirrorAdd: false\n  resolveTags: false\n"
            "  containerdSock: /run/containerd/containerd.sock\n  containerdRegistryConfigPath: /etc/containerd/certs.d\n");
  EXPECT_NE(error_text([&] { load_profile(profile_on("docker"), {.variant = {}, .architecture = "amd64", .set = {}}); })
                .find("only containerd asks other nodes for images first, and the cluster runs on docker"),
            std::string::npos);
}

TEST(Samples, LabClusterRunsOnContainerdUnlessDockerIsAskedFor) {
  const std::string path = k_profiles + "/lab-cluster.yaml";
  const auto has = [](const Profile& profile, const std::string& package) {
    const std::vector<std::string>& install = profile.packages.install;
    return std::find(install.begin(), install.end(), package) != install.end();
  };
  const Profile usual = load_profile(path, {.variant = {}, .architecture = "amd64", .set = {}});
  EXPECT_EQ(usual.cluster.described.runtime, "containerd");
  EXPECT_TRUE(has(usual, "containerd") && has(usual, "conntrack") && !has(usual, "docker.io"));
  const Profile other = load_profile(path, {.variant = "docker", .architecture = "amd64", .set = {}});
  EXPECT_EQ(other.cluster.described.runtime, "docker");
  EXPECT_TRUE(has(other, "docker.io") && has(other, "conntrack") && !has(other, "containerd"));
  const Profile cards = load_profile(path, {.variant = "gpu", .architecture = "amd64", .set = {}});
  EXPECT_TRUE(cards.gpu.enabled && cards.runtime.nvidia && cards.runtime.nvidia_default && has(cards, "containerd"));
  EXPECT_EQ(cards.gpu.role, "gpuWorker");
}

}  // namespace
}  // namespace rootcellar
