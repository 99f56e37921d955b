// What a cluster's manifests and kubeadm name, compared with what the profile carries.
#include "builder/lock/cluster_images.h"

#include <gtest/gtest.h>

#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

class ClusterImagesTest : public testing::Test {
 protected:
  ClusterImagesTest() {
    for (const char* name :
         {"registry.k8s.io/kube-proxy:v1.34.4", "registry.k8s.io/pause:3.10.1", "nginx:1.22", "docker.io/lab/page:1.0"}) {
      profile_.images.push_back({});
      profile_.images.back().name = name;
      profile_.images.back().place = {"lab.yaml", 10 + static_cast<int>(profile_.images.size()), 5, {}};
    }
    profile_.cluster.place = {"lab.yaml", 30, 1, {}};
    ClusterSection& cluster = profile_.cluster.described;
    cluster.version = "1.34.4";
    cluster.images = {"registry.k8s.io/kube-proxy:v1.34.4", "registry.k8s.io/pause:3.10.1"};
    cluster.sandbox_image = "registry.k8s.io/pause:3.10.1";
  }

  static std::string pod(const std::string& image) {
    return "kind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: " + image + "}]}\n";
  }

  Profile profile_;
  const TextPlace place_{"lab.yaml", 40, 3, {}};
  const std::vector<std::string> printed_ = {"registry.k8s.io/pause:3.10.1", "registry.k8s.io/kube-proxy:v1.34.4"};
};

TEST_F(ClusterImagesTest, AgreesWhenEachIsCarried) {
  ClusterImages images(profile_);
  images.take(pod("docker.io/library/nginx:1.22") + "---\n" + pod("lab/page:1.0"), "manifest 'x'", place_);
  images.compare_with_kubeadm(printed_);
  EXPECT_NO_THROW(images.throw_if_any());
  EXPECT_TRUE(images.unused().empty());
}

TEST_F(ClusterImagesTest, NamesEveryImageThatIsNotCarriedWithItsPlace) {
  ClusterImages images(profile_);
  images.take(pod("nginx:1.23") + "---\n" + pod("nginx:1.23") + "---\n" + pod("quay.io/other/thing:7"), "manifest 'x'", place_);
  images.take(pod("nginx:1.23"), "chart of deployment 'web', rendered", {"lab.yaml", 50, 3, {}});
  images.take(pod("'not an image'"), "manifest 'y'", place_);
  EXPECT_EQ(
      error_text([&] { images.throw_if_any(); }),
      "error: lab.yaml:40:3: image 'nginx:1.23' is not among images: named by manifest 'x', document 1 (Pod p), spec.containers[0].image\n"
      "hint: did you mean 'docker.io/library/nginx:1.22'? If not, add it to images\n"
      "error: lab.yaml:40:3: image 'quay.io/other/thing:7' is not among images: named by manifest 'x', document 3 (Pod p), "
      "spec.containers[0].image\n"
      "hint: add it to images\n"
      "error: lab.yaml:50:3: image 'nginx:1.23' is not among images: named by chart of deployment 'web', rendered, document 1 (Pod p), "
      "spec.containers[0].image\n"
      "hint: did you mean 'docker.io/library/nginx:1.22'? If not, add it to images\n"
      "error: lab.yaml:40:3: image 'not an image' is not among images: named by manifest 'y', document 1 (Pod p), "
      "spec.containers[0].image\n"
      "hint: add it to images\n");
}

TEST_F(ClusterImagesTest, DockerHasWhatIsNotOfDockerIoOnlyFromBefore) {
  const std::string digest = "quay.io/a/d:1@sha256:0000000000000000000000000000000000000000000000000000000000000001";
  const std::vector<std::string> names{"quay.io/a/b:1", "quay.io/a/c:latest", digest, "docker.io/lab/always:1"};
  for (const std::string& name : names) {
    profile_.images.push_back({});
    profile_.images.back().name = name;
  }
  const std::string text = pod("quay.io/a/b:1, imagePullPolicy: Always") + "---\n" + pod("quay.io/a/b:1") + "---\n" + pod("quay.io/a/c:latest") +
                           "---\n" + pod("'" + digest + "'") + "---\n" + pod("docker.io/lab/always:1, imagePullPolicy: Always") +
                           "---\n" + pod("quay.io/a/c:latest, imagePullPolicy: Never");
  ClusterImages with_containerd(profile_);
  with_containerd.take(text, "manifest 'x'", place_);
  EXPECT_NO_THROW(with_containerd.throw_if_any());
  profile_.cluster.described.runtime = "docker";
  ClusterImages with_docker(profile_);
  with_docker.take(text, "manifest 'x'", place_);
  const std::string hint =
      "hint: on an isolated machine docker gets only images of docker.io, and must have all others: say imagePullPolicy: IfNotPresent, name "
      "the registry in registry.own_names, or choose containerd\n";
  EXPECT_EQ(error_text([&] { with_docker.throw_if_any(); }),
            "error: lab.yaml:40:3: image 'quay.io/a/b:1' is always pulled, which docker cannot: named by manifest 'x', document 1 (Pod p), "
            "spec.containers[0].image\n" +
                hint +
                "error: lab.yaml:40:3: image 'quay.io/a/c:latest' is always pulled, which docker cannot: named by manifest 'x', document 3 "
                "(Pod p), spec.containers[0].image\n" +
                hint + "error: lab.yaml:40:3: image '" + digest +
                "' cannot be found by its digest in docker: named by manifest 'x', document 4 (Pod p), spec.containers[0].image\n"
                "hint: on an isolated machine docker finds only images of docker.io by digest: name a tag alone, name the registry in "
                "registry.own_names, or choose containerd\n");
  profile_.registry.own_names = {"quay.io"};
  ClusterImages with_own_names(profile_);
  with_own_names.take(text, "manifest 'x'", place_);
  EXPECT_NO_THROW(with_own_names.throw_if_any());
}

TEST_F(ClusterImagesTest, NamesEveryDifferenceFromWhatKubeadmPrints) {
  ClusterImages images(profile_);
  images.compare_with_kubeadm({"registry.k8s.io/kube-proxy:v1.34.4", "registry.k8s.io/etcd:3.6.5-0", "registry.k8s.io/pause:3.10"});
  EXPECT_EQ(error_text([&] { images.throw_if_any(); }),
            "error: lab.yaml:30:1: kubeadm 1.34.4 pulls 'registry.k8s.io/etcd:3.6.5-0', which cluster.images does not name\n"
            "error: lab.yaml:30:1: kubeadm 1.34.4 pulls 'registry.k8s.io/pause:3.10', which cluster.images does not name\n"
            "error: lab.yaml:30:1: cluster.images names 'registry.k8s.io/pause:3.10.1', which kubeadm 1.34.4 does not pull\n");
}

TEST_F(ClusterImagesTest, WarnsOfWhatNothingNames) {
  ClusterImages images(profile_);
  images.take(pod("lab/page:1.0"), "manifest 'x'", place_);
  EXPECT_EQ(images.unused(), std::vector<std::string>{"lab.yaml:13:5: nothing in the cluster names the image 'nginx:1.22'"});
}

TEST_F(ClusterImagesTest, CountsWhatIsNamedOutsideOfTheCluster) {
  profile_.runtime.preload = {"nginx:1.22"};
  profile_.registry.program = "image:docker.io/lab/page:1.0";
  EXPECT_TRUE(ClusterImages(profile_).unused().empty());
}

}  // namespace
}  // namespace rootcellar
