// A site that has things already: a registry with an account, then a cluster. Three hosts on one LAN with no route out: the registry
// (Debian's own, with htpasswd); a machine on which the stick of profiles/lab-cluster.yaml makes a cluster whose images go into that
// registry; and a machine from which the stick of profiles/lab-page.yaml is put into that cluster and taken out again.
// tests/e2e/cluster_existing.sh runs it. Needs root, RC_CLUSTER_STICK and RC_CLUSTER_KEY for the first stick, RC_SITE_STICK and RC_SITE_KEY
// for the second.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/rehearse/snapshot.h"
#include "builder/source/cache.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/run/secret_material.h"

namespace rootcellar {
namespace {

using Clock = std::chrono::steady_clock;
const TargetRelease k_target{"debian", "12", "bookworm"};
constexpr std::uint64_t k_install_limit = 1800, k_command_limit = 180;
constexpr std::size_t k_file_limit = std::size_t{1} << 20;
constexpr const char* k_installed = "/usr/local/sbin/rootcellar-install";
constexpr const char* k_password = "six-times-seven";
constexpr const char* k_registry_answers =
    "existing:\n  registry:\n    address: 10.93.0.2:5000\n    account: lab\n    password_file: /root/password\n";

// Debian's package with users; nobody reads it without the password either.
constexpr const char* k_registry_config = R"(version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/docker-registry
http:
  addr: 0.0.0.0:5000
auth:
  htpasswd:
    realm: site
    path: /etc/docker/registry/htpasswd
)";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw InputError(cat("expected the environment variable ", name), "tests/e2e/cluster_existing.sh sets it");
  return value;
}

/// What a command said, its exit code first.
std::string said(const ProcessResult& result) { return cat("exit ", result.exit_code, "\n", result.output, result.error_output); }

class ExistingSite : public testing::Test {
 protected:
  struct Seat {
    std::unique_ptr<SealedHost> host;
    HostSnapshot before;
  };

  void SetUp() override {
    const std::string cluster_stick = environment("RC_CLUSTER_STICK"), site_stick = environment("RC_SITE_STICK");
    seat(registry_, "registry", 2, {"docker-registry"}, {});
    seat(cluster_, "cluster", 3, {"skopeo"}, cluster_stick);
    seat(bench_, "bench", 4, {}, site_stick);
    for (const Seat* one : {&registry_, &cluster_, &bench_}) one->host->boot();
    done("three hosts are up");
  }

  void seat(Seat& seat, const std::string& name, unsigned number, const std::vector<std::string>& packages, const std::string& stick) {
    SealedHostOptions options;
    options.name = cat(name.substr(0, 6), ::getpid() % 100000);
    options.target = k_target;
    options.architecture = "amd64";
    options.work = path_join(work_.path(), name);
    options.root = make_root(k_target, "amd64", packages, Cache::default_root(), silent_progress());
    if (!stick.empty()) options.read_only_binds = {{stick, "/media/stick"}};
    options.number = number;
    if (registry_.host) options.lan = &registry_.host->lan();
    seat.host = std::make_unique<SealedHost>(std::move(options));
  }

  /// A table of where the time goes.
  void done(const std::string& what) {
    const auto now = Clock::now();
    std::cout << "  " << std::chrono::duration_cast<std::chrono::seconds>(now - last_).count() << " s  " << what << std::endl;
    last_ = now;
  }

  void write(const Seat& seat, const std::string& path, const std::string& text) {
    make_directories(path_parent(cat(seat.host->root_folder(), path)));
    write_file_atomically(cat(seat.host->root_folder(), path), text);
  }

  ProcessResult shell(const Seat& seat, const std::string& script) { return seat.host->run({"/bin/bash", "-c", script}, k_command_limit); }

  // --- the site's registry

  void start_registry() {
    write(registry_, "/etc/docker/registry/config.yml", k_registry_config);
    write(registry_, "/etc/docker/registry/htpasswd", htpasswd_line("lab", k_password));
    const ProcessResult result =
        shell(registry_, "systemctl enable docker-registry && systemctl restart docker-registry && systemctl is-active docker-registry");
    ASSERT_EQ(result.exit_code, 0) << said(result);
    done("the site's registry is up");
  }

  /// Every name and digest it has, sorted: from its storage.
  std::string registry_contents() {
    return shell(registry_,
                 "cd /var/lib/docker-registry/docker/registry/v2/repositories && "
                 "find . -path '*/_manifests/tags/*/current/link' | sort | while read -r f; do echo \"$f $(cat \"$f\")\"; done")
        .output;
  }

  // --- installing

  ProcessResult install(const Seat& seat, const std::string& verb, const std::string& answers, const std::string& key) {
    write(seat, "/root/answers.yaml", answers);
    write(seat, "/root/lab-team.pub", read_file(key, k_file_limit));
    std::vector<std::string> argv{"sh", "/media/stick/START.sh", verb, "--trust", "/root/lab-team.pub", "--answers", "/root/answers.yaml"};
    if (verb == "install") argv.emplace_back("--yes");
    return seat.host->run(argv, k_install_limit);
  }

  void install_cluster() {
    const std::string answers = cat(k_registry_answers, "cluster:\n  roles: [webServer]\n"), key = environment("RC_CLUSTER_KEY");
    write(cluster_, "/root/password", "wrong\n");
    const ProcessResult refused = install(cluster_, "plan", answers, key);
    EXPECT_EQ(refused.exit_code, 6);
    EXPECT_NE(refused.output.find(
                  "the site's registry 10.93.0.2:5000 refuses the account 'lab' with the password in '/root/password': status 401"),
              std::string::npos)
        << said(refused);
    write(cluster_, "/root/password", cat(k_password, "\n"));
    const ProcessResult result = install(cluster_, "install", answers, key);
    ASSERT_EQ(result.exit_code, 0) << said(result);
    done("a cluster is installed, its images in the site's registry");
    expect_good(cluster_);
    // Neither the password nor what it is sent as lies in a log, a journal or a unit.
    const std::string sent = "bGFiOnNpeC10aW1lcy1zZXZlbg==";  // base64 of lab:six-times-seven
    const ProcessResult found = shell(
        cluster_, cat("grep -rlE '", k_password, "|", sent,
                      "' /var/log/rootcellar /var/lib/rootcellar /etc/rootcellar /run/rootcellar-tools; journalctl -o cat | grep -cE '",
                      k_password, "|", sent, "'"));
    EXPECT_EQ(found.output, "/var/lib/rootcellar/secrets/existing_registry\n0\n");
  }

  void expect_good(const Seat& seat) {
    const ProcessResult status = seat.host->run({k_installed, "status"}, k_install_limit);
    EXPECT_EQ(status.exit_code, 0) << said(status);
  }

  // --- the site's cluster

  ProcessResult kubectl(const std::string& arguments) {
    return shell(cluster_, cat("env HOME=/run /usr/local/bin/kubectl --kubeconfig=/etc/kubernetes/admin.conf ", arguments));
  }

  /// Whatever is in it, apart from what comes and goes by itself.
  std::string cluster_contents() {
    return kubectl(
               "get --all-namespaces -o name namespaces,deployments,daemonsets,services,configmaps,secrets,serviceaccounts,jobs,pods,"
               "clusterroles,clusterrolebindings,roles,rolebindings,customresourcedefinitions,nodes | sort")
        .output;
  }

  /// The cluster's administrator gives a key to who installs.
  void give_key() {
    const std::string text = read_file(cat(cluster_.host->root_folder(), "/etc/kubernetes/admin.conf"), k_file_limit);
    std::string there;
    for (const std::string_view line : split(text, '\n'))
      there += line.find("server: ") == line.npos ? cat(line, "\n") : "    server: https://10.93.0.3:6443\n";
    write(bench_, "/root/site.conf", there);
    write(bench_, "/root/password", cat(k_password, "\n"));
  }

  void refuse_a_silent_cluster(const std::string& answers) {
    const std::string key = read_file(cat(bench_.host->root_folder(), "/root/site.conf"), k_file_limit);
    std::string wrong = key;
    wrong.replace(wrong.find("10.93.0.3:6443"), 14, "10.93.0.3:6444");
    write(bench_, "/root/site.conf", wrong);
    const ProcessResult refused = install(bench_, "install", answers, environment("RC_SITE_KEY"));
    EXPECT_EQ(refused.exit_code, 6) << said(refused);
    EXPECT_NE(said(refused).find("the site's cluster does not answer: exit status 1: "), std::string::npos) << said(refused);
    write(bench_, "/root/site.conf", key);
  }

  void expect_as_before(const Seat& seat) {
    for (const char* file : {"/root/answers.yaml", "/root/lab-team.pub", "/root/password", "/root/site.conf"})
      remove_file(cat(seat.host->root_folder(), file));
    EXPECT_EQ(join(compare_snapshots(seat.before, take_snapshot(*seat.host), false).differences, "\n"), "");
  }

  void expect_silence() {
    const SealCount count = registry_.host->seal_count();
    EXPECT_EQ(count.packets, 0U) << join(count.lines, "\n");
  }

  TemporaryDirectory work_{"rc-existing"};
  Seat registry_, cluster_, bench_;  // the first goes last: its LAN has the others
  Clock::time_point last_ = Clock::now();
};

TEST_F(ExistingSite, IsUsedAndLeft) {
  ASSERT_NO_FATAL_FAILURE(start_registry());
  cluster_.before = take_snapshot(*cluster_.host);
  bench_.before = take_snapshot(*bench_.host);
  ASSERT_NO_FATAL_FAILURE(install_cluster());
  const std::string first = registry_contents();
  EXPECT_NE(first.find("registry.k8s.io/pause/_manifests/tags/3.10.1/current/link sha256:"), first.npos) << first;
  EXPECT_NE(first.find("docker.io/rootcellar/lab-page/_manifests/tags/1.0/current/link sha256:"), first.npos) << first;

  give_key();
  const std::string contents = cluster_contents();
  ASSERT_NE(contents.find("deployment.apps/web"), contents.npos) << contents;
  const std::string answers = cat(k_registry_answers, "  cluster:\n    kubeconfig: /root/site.conf\n");
  refuse_a_silent_cluster(answers);
  EXPECT_EQ(registry_contents(), first) << "a refusal pushes nothing";
  const ProcessResult installed = install(bench_, "install", answers, environment("RC_SITE_KEY"));
  ASSERT_EQ(installed.exit_code, 0) << said(installed);
  done("the page is in the site's cluster");
  expect_good(bench_);
  const ProcessResult job = kubectl("--namespace=pages logs job/page-answers");
  EXPECT_NE(job.output.find("This page came to a cluster that was there"), std::string::npos) << said(job);
  const std::string all = registry_contents();
  EXPECT_NE(all.find("docker.io/rootcellar/site-page/_manifests/tags/1.0/current/link sha256:"), all.npos) << all;
  for (const char* verb : {"renew --yes", "readdress --yes", "backup --to /root --yes", "ticket -o /root/join.ticket"}) {
    const ProcessResult refused = shell(bench_, cat(k_installed, " ", verb));
    EXPECT_EQ(refused.exit_code, 6) << said(refused);
    EXPECT_NE(said(refused).find("the cluster is the site's own"), std::string::npos) << said(refused);
  }

  const ProcessResult gone = bench_.host->run({k_installed, "uninstall", "--yes", "--purge-data", "--product", "lab-page"}, k_install_limit);
  EXPECT_EQ(gone.exit_code, 0) << said(gone);
  EXPECT_EQ(cluster_contents(), contents);
  EXPECT_EQ(registry_contents(), all);
  expect_as_before(bench_);
  done("it is out again, and the cluster is as it was");

  const ProcessResult end = cluster_.host->run({k_installed, "uninstall", "--yes", "--purge-data", "--product", "lab-cluster"}, k_install_limit);
  EXPECT_EQ(end.exit_code, 0) << said(end);
  EXPECT_EQ(registry_contents(), all);
  expect_as_before(cluster_);
  done("the cluster is out, and the registry has all it had");
  expect_silence();
}

}  // namespace
}  // namespace rootcellar
