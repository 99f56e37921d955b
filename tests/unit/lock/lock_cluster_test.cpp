// A whole cluster section locked, with scripts in place of its programs: what is pinned, under which name, and what is refused.
#include "builder/lock/lock_cluster.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

constexpr const char* k_profile = R"(rootcellar: 1
product: lab
title: Lab
target: {distribution: debian, version: "12", codename: bookworm}
architectures: [amd64]
registry: {program: "package:docker-registry", listen: "127.0.0.1:5000"}
packages: {install: [docker-registry, containerd]}
runtime: {kind: containerd}
images: [registry.k8s.io/pause:3.10.1, docker.io/lab/page:1.0, docker.io/lab/job:1.0]
cluster:
  version: 1.34.4
  images: [registry.k8s.io/pause:3.10.1]
  secrets: [{name: token, kind: hex}]
  binaries:
    - {name: kubeadm, text: "#!/bin/sh\necho registry.k8s.io/pause:3.10.1\n"}
    - {name: kubelet, text: x}
    - {name: kubectl, text: "#!/bin/sh\ncat $2/resources.yaml\n"}
    - {name: helm, text: "#!/bin/sh\n[ $(tar -xzOf $3 web/values.yaml) = made ] && cat $7\n"}
  network:
    - name: net
      manifest: {files: [{path: net.yml}]}
  deploy:
    - name: web
      chart: {path: web, values: {image: "docker.io/lab/page:1.0", token: "${secret.token}"}}
    - name: jobs
      manifest:
        files: [{path: templated.yaml}, {path: "all.tgz", member: "jobs/b c.yaml"}, {text: "kind: Pod\nimage: lab/job:1.0\n"}]
        templated: true
        text: "image: lab/job:1.0\nname: ${secret.token}"
    - name: folder
      kustomize: base
)";

class LockClusterTest : public testing::Test {
 protected:
  LockClusterTest() {
    put("lab.yaml", k_profile);
    put("net.yml", "kind: Pod\nspec: {containers: [{image: lab/page:1.0}]}\n");
    put("templated.yaml", "kind: Pod\nspec: {token: ${secret.token}, containers: [{image: lab/job:1.0}]}\n");
    put("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    put("web/values.yaml", "made\n");
    put("jobs/b c.yaml", "kind: Job\nspec: {containers: [{image: lab/job:1.0}]}\n");
    put("base/kustomization.yaml", "resources: [resources.yaml]\n");
    put("base/resources.yaml", "kind: Pod\nspec: {containers: [{image: lab/job:1.0}]}\n");
    ProcessSpec tar;
    tar.argv = {"/bin/tar", "-czf", in("all.tgz"), "-C", folder_.path(), "jobs"};
    tar.environment = {"PATH=/usr/bin:/bin"};
    if (run_process(tar).exit_code != 0) throw std::runtime_error("cannot make an archive");
  }

  std::string in(const std::string& name) const { return path_join(folder_.path(), name); }
  void put(const std::string& name, const std::string& content) const {
    make_directories(path_parent(in(name)));
    write_file_atomically(in(name), content);
  }

  static std::string without_job() {
    std::string text = k_profile;
    const std::string job = ", docker.io/lab/job:1.0]";
    return text.replace(text.find(job), job.size(), "]");
  }

  Lock lock() {
    const Profile profile = load_profile(in("lab.yaml"), {});
    Lock lock{.architecture = "amd64"};
    for (const ProfileFile& file : profile.files) lock.files.push_back(resolve_file(file, context_).value);
    lock_cluster(profile, lock, context_);
    return lock;
  }

  std::string error() {
    std::string text = error_text([&] { lock(); });
    for (std::size_t at; (at = text.find(folder_.path())) != std::string::npos;) text.replace(at, folder_.path().size(), "HERE");
    return text;
  }

  TemporaryDirectory folder_{"rc-lock-cluster"};
  Cache cache_{path_join(folder_.path(), "cache")};
  HttpClient http_{{}, {}};
  SourceContext context_{cache_, http_, silent_progress(), 1, folder_.path(), "amd64"};
};

TEST_F(LockClusterTest, PinsManifestsChartsAndFolders) {
  const Lock made = lock();
  std::vector<std::string> paths;
  for (const LockedDeployed& file : made.deployed) paths.push_back(cat(file.path, " from ", file.blob.path));
  EXPECT_EQ(paths, (std::vector<std::string>{"cluster/net/1-net.yml from net.yml", "cluster/web/chart.tgz from web",
                                             "cluster/jobs/1-templated.yaml from templated.yaml", "cluster/jobs/2-b-c.yaml from all.tgz",
                                             "cluster/jobs/3-manifest.yaml from ", "cluster/folder/1-kustomize.yaml from "}));
  const LockedBlob& member = made.deployed[3].blob;
  ASSERT_TRUE(member.archive);
  EXPECT_EQ(member.archive->member, "jobs/b c.yaml");
  EXPECT_EQ(member.archive->digest, sha256(as_bytes(read_file(in("all.tgz"), 100000))));
  EXPECT_EQ(member.digest, sha256(as_bytes(read_file(in("jobs/b c.yaml"), 1000))));
  EXPECT_TRUE(made.deployed[5].blob.url.starts_with("data:")) << made.deployed[5].blob.url;
  EXPECT_EQ(made.cluster.network[0].files, std::vector<std::string>{"cluster/net/1-net.yml"});
  ASSERT_EQ(made.cluster.deploy.size(), 3U);
  EXPECT_EQ(made.cluster.deploy[0].text, "image: \"docker.io/lab/page:1.0\"\ntoken: \"${secret.token}\"\n");
  EXPECT_EQ(made.cluster.deploy[1].files.size(), 3U);
}

TEST_F(LockClusterTest, RefusesWhatIsNamedAndNotCarriedAllAtOnce) {
  put("lab.yaml", without_job());
  put("net.yml", "kind: Pod\nspec: {containers: [{image: lab/paje:1.0}]}\n");
  const std::string hint = "\nhint: did you mean 'docker.io/lab/page:1.0'? If not, add it to images\nerror: HERE/lab.yaml:";
  const std::string job = "image 'lab/job:1.0' is not among images: named by ";
  EXPECT_EQ(
      cat(error(), "error: HERE/lab.yaml:"),
      cat("error: HERE/lab.yaml:20:7: image 'lab/paje:1.0' is not among images: named by manifest 'net.yml' of deployment 'net', ",
          "document 1 (Pod), spec.containers[0].image", hint, "25:7: ", job,
          "manifest 'templated.yaml' of deployment 'jobs', document 1 (Pod), spec.containers[0].image", hint, "25:7: ", job,
          "manifest 'jobs/b c.yaml' in 'all.tgz' of deployment 'jobs', document 1 (Job), spec.containers[0].image", hint, "25:7: ", job,
          "manifest 3 of deployment 'jobs', document 1 (Pod), image", hint, "25:7: ", job, "deployment 'jobs', its text, document 1, image",
          hint, "30:7: ", job, "kustomize folder 'base' of deployment 'folder', document 1 (Pod), spec.containers[0].image", hint));
}

// No package source, registry or chart is asked: this profile's can be reached from nowhere.
TEST_F(LockClusterTest, AWrongListOfKubeadmsImagesIsToldBeforeAnyImageIsMade) {
  std::string text = k_profile;
  const std::string declared = "images: [registry.k8s.io/pause:3.10.1]\n  secrets";
  put("lab.yaml", text.replace(text.find(declared), declared.size(), "images: [registry.k8s.io/pause:3.10.1, docker.io/lab/page:1.0]\n  secrets"));
  std::string said = error_text([&] { lock_profile(load_profile(in("lab.yaml"), {}), 1, context_); });
  for (std::size_t at; (at = said.find(folder_.path())) != std::string::npos;) said.replace(at, folder_.path().size(), "HERE");
  EXPECT_EQ(said,
            "error: HERE/lab.yaml:11:3: cluster.images names 'docker.io/lab/page:1.0', which kubeadm 1.34.4 does not pull\n");
}

TEST_F(LockClusterTest, SaysWhichDeploymentCannotBeRead) {
  put("net.yml", "a: [1\n");
  EXPECT_EQ(error(),
            "error: manifest 'net.yml' of deployment 'net':2:1: not valid YAML: end of sequence flow not found\n"
            "  while locking the deployment 'net'\n");
  put("net.yml", "");
  put("web/values.yaml", "other\n");
  EXPECT_EQ(error(),
            "error: chart of deployment 'web': 'helm' ends with code 1 and says nothing\n"
            "  while locking the deployment 'web'\n");
}

TEST_F(LockClusterTest, FilesOfTheSiteAreAskedForInTheProfileItself) {
  put("templated.yaml", "kind: Secret\ndata: {key: \"${answers.key|file|b64}\"}\n");
  EXPECT_EQ(error(),
            "error: manifest 'templated.yaml' of deployment 'jobs':2:14: filter 'file' stands only in a profile's own texts\n"
            "  while locking the deployment 'jobs'\n"
            "hint: write this document into the deployment's manifest.text\n");
}

}  // namespace
}  // namespace rootcellar
