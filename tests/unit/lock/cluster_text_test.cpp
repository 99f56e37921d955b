// The cluster's section in a lock: written, read back, and refused when it does not hold together.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/golden.h"
#include "tests/unit/base/error_text.h"
#include "tests/unit/lock/sample_lock.h"

namespace rootcellar {
namespace {

LockedBlob blob(std::uint8_t byte, std::string url) { return {test::digest_of(byte), byte * 100U, {}, std::move(url), {}, {}}; }

Deployment manifest() {
  Deployment argo;
  argo.name = "argo";
  argo.kind = "manifest";
  argo.space = "argo";
  argo.files = {"cluster/argo/1-install.yaml"};
  argo.text = "kind: ConfigMap\ndata: {password: \"${secret.db}\"}\n";
  argo.templated = true;
  argo.waits = {{"jsonpath", "workflow/hello", "lab", "{.status.phase}", "Succeeded", {"Failed", "Error"}, 30},
                {"rollout", "deployment/workflow-controller", "", "", "", {}, 600}};
  argo.captures = {{"address", "service/web", "lab", "{.spec.clusterIP}"}};
  return argo;
}

Deployment command() {
  Deployment exec;
  exec.name = "superuser";
  exec.kind = "exec";
  exec.target = "deployment/web";
  exec.container = "app";
  exec.argv = {"manage.py", "superuser"};
  exec.probe = {"manage.py", "has"};
  exec.input = "${secret.db}\n";
  exec.time_limit = 60;
  return exec;
}

Deployment migration() {
  Deployment job;
  job.name = "migrate";
  job.kind = "job";
  job.image = "docker.io/lab/web:1";
  job.account = "runner";
  job.attempts = 2;
  job.environment = {{"PASSWORD", "", "db", "password"}, {"HOST", "${answers.host}", "", ""}};
  return job;
}

Lock cluster_lock() {
  Lock lock;
  lock.product = lock.variant = "x";
  lock.title = "x";
  lock.architecture = "amd64";
  lock.installer_min = "0.1.0";
  lock.runtime.kind = "containerd";
  ClusterSection& cluster = lock.cluster;
  cluster.enabled = true;
  cluster.version = "1.34.4";
  cluster.images = {"registry.k8s.io/pause:3.10.1"};
  cluster.sandbox_image = "registry.k8s.io/pause:3.10.1";
  cluster.cert_sans = {"lab.example"};
  cluster.roles = {{"dbServer", {"dbServer=yes"}, {{"/media/db", 0700, "999", "root"}}, {"xfsprogs"}}};
  cluster.roles[0].disks = {{"/media/db", 200'000'000'000, true, false}};
  cluster.ports = {{"flannel", 8472, 8472, "udp", "nodes"}};
  cluster.secrets = {{"db", "password", 32, "", "", "", ""}, {"pull", "dockerconfigjson", 0, "lab", "db", "", "${site.registry}"}};
  Deployment chart;
  chart.name = "flannel";
  chart.kind = "chart";
  chart.files = {"cluster/flannel/chart.tgz"};
  cluster.network = {chart};
  cluster.deploy = {manifest(), command(), migration()};
  cluster.exports = {{"tator", "jobs", "remote", {"admin"}, {"reader"}, "${answers.host}", "/root/tator.yaml", "kubeconfig"}};
  lock.deployed = {{"cluster/flannel/chart.tgz", blob(2, "oci://ghcr.io/x/flannel")},
                   {"cluster/argo/1-install.yaml", blob(1, "https://example.org/install.yaml")}};
  lock.files = {{{"helm", "files/helm", "/usr/local/bin/helm", 0755, "root", "root"}, blob(3, "https://get.helm.sh/helm.tar.gz")}};
  lock.files[0].blob.archive = LockedArchive{test::digest_of(4), 400, "linux-amd64/helm"};
  return lock;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ClusterLock, IsAsWritten) { test::expect_golden("lock/cluster.lock.yaml", encode_lock(cluster_lock())); }

TEST(ClusterLock, ReadsBackToTheSame) {
  const std::string text = encode_lock(cluster_lock());
  const Lock lock = parse_lock(text, "x.lock.yaml");
  EXPECT_EQ(encode_lock(lock), text);
  // What the installer gets is what was described, member by member.
  EXPECT_EQ(encode_appliance(index_tables(lock).appliance), encode_appliance(index_tables(cluster_lock()).appliance));
  EXPECT_EQ(lock.files.at(0).blob.archive->member, "linux-amd64/helm");
  EXPECT_EQ(lock.files.at(0).blob.archive->size, 400U);
}

TEST(ClusterLock, FilesOfDeploymentsAreInTheBundle) {
  const Index index = index_tables(cluster_lock());
  std::vector<std::string> paths, stored;
  for (const FileEntry& file : index.files) paths.push_back(file.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"cluster/argo/1-install.yaml", "cluster/flannel/chart.tgz", "files/helm"}));
  for (const PlannedBlob& planned : storage_order(cluster_lock()))
    stored.push_back(cat(planned.mode == BlobMode::file ? "file " : "asis ", planned.what));
  EXPECT_EQ(stored,
            (std::vector<std::string>{"file file helm", "asis file cluster/flannel/chart.tgz", "file file cluster/argo/1-install.yaml"}));
}

TEST(ClusterLock, SaysWhatDoesNotHoldTogether) {
  std::string text = encode_lock(cluster_lock());
  text = replaced(text, "- cluster/flannel/chart.tgz", "- cluster/flannel/chart.tar");
  text = replaced(text, "kind: jsonpath", "kind: jsonpaht");
  text = replaced(text, "path: cluster/argo/1-install.yaml", "path: ../install.yaml");
  text = replaced(text, "        member: linux-amd64/helm\n", "");
  text = replaced(text, "  pod_cidr: 10.244.0.0/16\n", "");
  test::expect_golden("lock/cluster-faults.txt", error_text([&] { parse_lock(text, "x.lock.yaml"); }));
}

}  // namespace
}  // namespace rootcellar
