// How the pinned programs are run while locking: scripts of their names tell what they were given.
#include "builder/lock/cluster_programs.h"

#include <gtest/gtest.h>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "tests/unit/base/error_text.h"

namespace rootcellar {
namespace {

class ClusterProgramsTest : public testing::Test {
 protected:
  void pin(const std::string& name, const std::string& script) {
    MemorySource source(as_bytes(script));
    const auto [digest, size] = cache_.store(source);
    LockedFile file;
    file.placed = {.name = name, .path = cat("files/", name), .destination = cat("/usr/local/bin/", name)};
    file.blob = {.digest = digest, .size = size};
    lock_.files.push_back(file);
  }

  ClusterPrograms programs() { return {lock_, context_}; }
  std::string images_error() {
    return error_text([&] { programs().kubeadm_images("1.34.4"); });
  }

  TemporaryDirectory folder_{"rc-programs"};
  Cache cache_{path_join(folder_.path(), "cache")};
  HttpClient http_{{}, {}};
  SourceContext context_{cache_, http_, silent_progress(), 1, folder_.path(), "amd64"};
  Lock lock_{.architecture = "amd64"};
};

constexpr const char* k_say_arguments = "#!/bin/sh\nfor a in \"$@\"; do echo \"$a\"; done\n";

TEST_F(ClusterProgramsTest, AskKubeadmForOneVersion) {
  pin("kubeadm", k_say_arguments);
  EXPECT_EQ(programs().kubeadm_images("1.34.4"), (std::vector<std::string>{"config", "images", "list", "--kubernetes-version", "v1.34.4"}));
}

TEST_F(ClusterProgramsTest, ReadOnlyWhatKubeadmPrintsAsItsAnswer) {
  pin("kubeadm", "#!/bin/sh\necho 'W1 a warning' >&2\necho\necho '  registry.k8s.io/pause:3.10.1 '\necho registry.k8s.io/etcd:3.6.5-0\n");
  EXPECT_EQ(programs().kubeadm_images("1.34.4"),
            (std::vector<std::string>{"registry.k8s.io/pause:3.10.1", "registry.k8s.io/etcd:3.6.5-0"}));
}

TEST_F(ClusterProgramsTest, HaveAnEmptyHomeAndNoWayOut) {
  pin("kubeadm",
      "#!/bin/sh\n[ \"$HOME\" = \"$(pwd)\" ] && [ \"$0\" = \"$HOME/kubeadm\" ] && ls -A \"$HOME\"\n"
      "env | grep -v -e ^PWD= -e ^OLDPWD= -e ^_= -e ^SHLVL= -e ^HOME= | sort\n");
  EXPECT_EQ(programs().kubeadm_images("1.34.4"),
            (std::vector<std::string>{"kubeadm", "GIT_ALLOW_PROTOCOL=file", "HTTPS_PROXY=http://127.0.0.1:1",
                                      "HTTP_PROXY=http://127.0.0.1:1", "LC_ALL=C", "PATH=/usr/bin:/bin"}));
}

TEST_F(ClusterProgramsTest, AskHelmForHooksAndDefinitionsToo) {
  pin("helm",
      "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" != --values ] || { shift; set -- \"$(cat \"$1\")\" \"$@\"; }; echo \"$1\"; shift; "
      "done\n");
  Deployment web;
  web.name = "web";
  const auto render = [&](const std::string& space) {
    web.space = space;
    const std::string text = programs().render_chart("/somewhere/chart.tgz", web, "port: 80", "1.34.4", "chart of deployment 'web'");
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) lines.emplace_back(line.ends_with("/values.yaml") ? "VALUES" : line);
    return lines;
  };
  EXPECT_EQ(render("lab"), (std::vector<std::string>{"template", "web", "/somewhere/chart.tgz", "--namespace", "lab", "port: 80", "VALUES",
                                                     "--include-crds", "--kube-version", "v1.34.4", ""}));
  EXPECT_EQ(render("")[4], "default");
}

TEST_F(ClusterProgramsTest, AskKubectlForAFolder) {
  pin("kubectl", k_say_arguments);
  EXPECT_EQ(programs().render_folder("/a/folder", "kustomize folder 'x'"), "kustomize\n/a/folder\n");
}

TEST_F(ClusterProgramsTest, SayWhyTheyFailed) {
  EXPECT_EQ(images_error(), "error: 'kubeadm' is not among cluster.binaries\n");
  pin("kubeadm", "#!/bin/sh\necho first >&2\necho 'could not: \033[1mlast' >&2\nexit 1\n");
  EXPECT_EQ(images_error(), "error: the control plane's images: 'kubeadm' says: could not: \\x1b[1mlast\n");
  lock_.files.clear();
  pin("kubeadm", "#!/bin/sh\nexit 3\n");
  EXPECT_EQ(images_error(), "error: the control plane's images: 'kubeadm' ends with code 3 and says nothing\n");
  lock_.files.clear();
  pin("kubeadm", "a program of another machine");
  EXPECT_EQ(images_error(),
            "error: cannot run the pinned 'kubeadm' for the control plane's images: it is not a program of this machine\n"
            "hint: lock on a machine of the architecture amd64\n");
}

}  // namespace
}  // namespace rootcellar
