// A cluster of three hosts on one LAN with no route out: the first installed from the stick, a worker and a second control-plane node
// joined by tickets, each rebooted in turn, and both taken out again. tests/e2e/cluster_lan.sh runs it. Needs root, and RC_CLUSTER_STICK (a
// folder with the stick of profiles/lab-cluster.yaml) and RC_CLUSTER_KEY (its signer's public key) in the environment; RC_CLUSTER_LIKE may name
// a folder to lay over the hosts' roots.
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>

#include "builder/rehearse/sealed_host.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/rehearse/snapshot.h"
#include "builder/source/cache.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

using Clock = std::chrono::steady_clock;
const TargetRelease k_target{"debian", "12", "bookworm"};
constexpr std::uint64_t k_install_limit = 1800, k_command_limit = 120;
constexpr std::chrono::seconds k_settle_limit{420};  // both etcd members, then the API server, kubelets, pods: each with its own back-off
constexpr timespec k_look_again{2, 0};
constexpr std::size_t k_file_limit = std::size_t{1} << 20;
constexpr const char* k_installed = "/usr/local/sbin/rootcellar-install";

// One pod for each node, which says at port 8080 whose it is.
constexpr const char* k_pages = R"(apiVersion: v1
kind: Namespace
metadata: {name: rack}
---
apiVersion: v1
kind: Service
metadata: {name: pages, namespace: rack}
spec: {clusterIP: None, selector: {app: pages}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: pages, namespace: rack}
spec:
  selector: {matchLabels: {app: pages}}
  template:
    metadata: {labels: {app: pages}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: page
          image: docker.io/rootcellar/lab-page:1.0
          command: [/bin/busybox, sh, -c, "echo $NODE > /page/index.html; exec /bin/busybox httpd -f -p 8080 -h /page"]
          env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
          volumeMounts: [{name: page, mountPath: /page}]
      volumes: [{name: page, emptyDir: {}}]
)";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw InputError(cat("expected the environment variable ", name), "tests/e2e/cluster_lan.sh sets it");
  return value;
}

/// What a command said, its exit code first.
std::string said(const ProcessResult& result) { return cat("exit ", result.exit_code, "\n", result.output, result.error_output); }

class ClusterOnLan : public testing::Test {
 protected:
  struct Seat {
    std::unique_ptr<SealedHost> host;
    HostSnapshot before;
  };

  void SetUp() override {
    seat(first_, "first", 2);
    seat(worker_, "worker", 3);
    seat(second_, "second", 4);
    for (const Seat* one : all()) one->host->boot();
    done("three hosts are up");
  }

  void seat(Seat& seat, const std::string& name, unsigned number) {
    SealedHostOptions options;
    options.name = cat(name, ::getpid() % 100000);
    options.target = k_target;
    options.architecture = "amd64";
    options.work = path_join(work_.path(), name);
    options.root = make_root(k_target, "amd64", {}, Cache::default_root(), silent_progress());
    options.read_only_binds = {{environment("RC_CLUSTER_STICK"), "/media/stick"}};
    options.number = number;
    if (first_.host) options.lan = &first_.host->lan();
    seat.host = std::make_unique<SealedHost>(std::move(options));
    const char* like = std::getenv("RC_CLUSTER_LIKE");
    if (like != nullptr && *like != '\0') lay_over_root(like, seat.host->root_folder());
  }

  /// By name, as kubectl lists them.
  std::vector<const Seat*> all() const { return {&first_, &second_, &worker_}; }

  /// A table of where the time goes.
  void done(const std::string& what) {
    const auto now = Clock::now();
    std::cout << "  " << std::chrono::duration_cast<std::chrono::seconds>(now - last_).count() << " s  " << what << std::endl;
    last_ = now;
  }

  // --- the recorder

  /// A recorder that hears nothing proves nothing: first it must hear each host.
  void prove_the_seal() {
    for (const Seat* one : all()) {
      one->host->run({"/bin/bash", "-c", "timeout 2 bash -c ': > /dev/tcp/203.0.113.7/443'"}, k_command_limit);
      const std::vector<std::string> lines = first_.host->seal_count().lines;
      EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.starts_with(cat("tcp ", one->host->address(), " -> 203.0.113.7:443"));
      })) << join(lines, "\n");
    }
    first_.host->reset_seal_count();
    done("a deliberate connection from each was recorded");
  }

  void expect_silence() {
    const SealCount count = first_.host->seal_count();
    EXPECT_EQ(count.packets, 0U) << join(count.lines, "\n");
  }

  // --- commands

  ProcessResult kubectl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/local/bin/kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=20s"});
    return first_.host->run(arguments, k_command_limit);
  }

  void write(const Seat& seat, const std::string& path, const std::string& text) {
    write_file_atomically(cat(seat.host->root_folder(), path), text);
  }

  void install(const Seat& seat, std::vector<std::string> more) {
    more.insert(more.begin(), {"sh", "/media/stick/START.sh", "install", "--yes"});
    const ProcessResult result = seat.host->run(more, k_install_limit);
    ASSERT_EQ(result.exit_code, 0) << result.output << result.error_output;
  }

  void install_first() {
    write(first_, "/root/lab-team.pub", read_file(environment("RC_CLUSTER_KEY"), k_file_limit));
    write(first_, "/root/answers.yaml",
          cat("registry:\n  listen: 10.93.0.2:5000\ncluster:\n  address: 10.93.0.2\n  machines:\n    ", first_.host->name(),
              ": [webServer]\n    ", worker_.host->name(), ": [webServer]\n    ", second_.host->name(), ": []\n"));
    ASSERT_NO_FATAL_FAILURE(install(first_, {"--trust", "/root/lab-team.pub", "--answers", "/root/answers.yaml"}));
    done("the first is installed");
  }

  /// The ticket travels on a stick, the site's key another way.
  void join_cluster(Seat& seat, const std::vector<std::string>& role) {
    seat.before = take_snapshot(*seat.host);
    std::vector<std::string> argv{k_installed, "ticket", "-o", "/root/join.ticket"};
    argv.insert(argv.end(), role.begin(), role.end());
    const ProcessResult made = first_.host->run(argv, k_command_limit);
    ASSERT_EQ(made.exit_code, 0) << said(made);
    write(seat, "/srv/join.ticket", read_file(cat(first_.host->root_folder(), "/root/join.ticket"), k_file_limit));
    write(seat, "/root/site.pub", read_file(cat(first_.host->root_folder(), "/etc/rootcellar/site.pub"), k_file_limit));
    std::vector<std::string> more{"--join", "/srv/join.ticket", "--trust", "/root/site.pub"};
    more.insert(more.end(), role.begin(), role.end());
    ASSERT_NO_FATAL_FAILURE(install(seat, more));
    for (const char* path : {"/srv/join.ticket", "/root/site.pub"}) remove_file(cat(seat.host->root_folder(), path));
    done(cat(seat.host->name(), " has joined ", join(role, " ")));
  }

  // --- the cluster as it is, as faults: empty when it is good

  /// Ready, and since this boot: for 40 s the API believes what a node's kubelet said before it went down.
  std::string nodes_fault(const std::vector<const Seat*>& expected) {
    std::string wanted;
    for (const Seat* one : expected) {
      const std::string boot = one->host->run({"cat", "/proc/sys/kernel/random/boot_id"}, k_command_limit).output;
      wanted += cat(one->host->name(), " ", trim(boot), " True\n");
    }
    const ProcessResult found = kubectl(
        {"get", "nodes",
         R"(-o=jsonpath={range .items[*]}{.metadata.name} {.status.nodeInfo.bootID} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end})"});
    return found.output == wanted ? std::string() : cat("expected the nodes\n", wanted, "found\n", said(found));
  }

  std::string status_fault(const Seat& seat) {
    const ProcessResult result = seat.host->run({k_installed, "status"}, k_install_limit);
    return result.exit_code == 0 ? std::string() : cat(seat.host->name(), ": ", said(result));
  }

  /// Address of the pod on each node; names where there is none yet.
  std::map<std::string, std::string> pages() {
    std::map<std::string, std::string> found;
    const ProcessResult list = kubectl({"--namespace=rack", "get", "pods",
                                        R"(-o=jsonpath={range .items[*]}{.spec.nodeName} {.metadata.name} {.status.podIP}{"\n"}{end})"});
    for (const std::string_view line : split(list.output, '\n')) {
      const std::vector<std::string_view> words = split(line, ' ');
      if (words.size() == 3 && !words[2].empty()) found[std::string(words[0])] = cat(words[1], " ", words[2]);
    }
    return found;
  }

  /// From the pod on each node: the pods on all, by address; their addresses and the page of the chart by name.
  std::string talk_fault(std::size_t nodes) {
    const std::map<std::string, std::string> found = pages();
    if (found.size() != nodes)
      return cat("expected pods with an address on ", nodes, " nodes, found ", found.size(), "\n",
                 said(kubectl({"get", "pods", "--all-namespaces", "--output=wide"})));
    // Without wget's -T: Debian's static busybox 1.35 crashes there.
    std::string script, wanted;
    for (const auto& [node, pod] : found) {
      const std::string address = pod.substr(pod.find(' ') + 1);
      script += cat("$w http://", address, ":8080/ || exit 1; ");
      script += cat("echo \"$names\" | $b grep -q -x \"Address:.*[ \t]", address, "\" || { echo \"$names\"; exit 1; }; ");
      wanted += node + "\n";
    }
    script = cat("b=/bin/busybox; w=\"$b timeout 5 $b wget -q -O -\"; names=$($b nslookup pages.rack.svc.cluster.local); ", script,
                 "$w http://web.lab.svc.cluster.local/ | $b grep -c 'crossed the gap'");
    wanted = cat("exit 0\n", wanted, "1\n");
    for (const auto& [node, pod] : found) {
      const ProcessResult asked =
          kubectl({"--namespace=rack", "exec", pod.substr(0, pod.find(' ')), "--", "/bin/busybox", "sh", "-c", script});
      if (said(asked) != wanted) return cat("from ", node, ": expected\n", wanted, "found\n", said(asked));
    }
    return {};
  }

  template <typename Fault>
  void await(const std::string& what, Fault&& fault_of) {
    std::string fault;
    for (const auto end = Clock::now() + k_settle_limit; Clock::now() < end; ::nanosleep(&k_look_again, nullptr)) {
      fault = fault_of();
      if (fault.empty()) return done(what);
    }
    FAIL() << what << ": " << fault;
  }

  void await_all(const std::string& when) {
    ASSERT_NO_FATAL_FAILURE(await(cat("all nodes are ready ", when), [&] { return nodes_fault(all()); }));
    ASSERT_NO_FATAL_FAILURE(await(cat("pods on each talk to each other, by address and by name ", when), [&] { return talk_fault(3); }));
    for (const Seat* one : all())
      ASSERT_NO_FATAL_FAILURE(await(cat("status is good on ", one->host->name(), " ", when), [&] { return status_fault(*one); }));
    expect_silence();
  }

  // --- leaving

  std::string uninstall(const Seat& seat) {
    const ProcessResult result = seat.host->run({k_installed, "uninstall", "--yes"}, k_install_limit);
    EXPECT_EQ(result.exit_code, 0) << said(result);
    done(cat(seat.host->name(), " is uninstalled"));
    return said(result);
  }

  void expect_as_before(const Seat& seat, bool booted_since) {
    EXPECT_EQ(join(compare_snapshots(seat.before, take_snapshot(*seat.host), booted_since).differences, "\n"), "");
  }

  TemporaryDirectory work_{"rc-cluster-lan"};
  Seat first_, worker_, second_;  // the first goes last: its LAN has the others
  Clock::time_point last_ = Clock::now();
};

TEST_F(ClusterOnLan, GrowsByTicketsSurvivesRebootsAndShrinks) {
  ASSERT_NO_FATAL_FAILURE(prove_the_seal());
  ASSERT_NO_FATAL_FAILURE(install_first());
  ASSERT_NO_FATAL_FAILURE(join_cluster(worker_, {}));
  ASSERT_NO_FATAL_FAILURE(join_cluster(second_, {"--control-plane"}));

  const std::string etcd = read_file(cat(second_.host->root_folder(), "/etc/kubernetes/manifests/etcd.yaml"), k_file_limit);
  for (const Seat* one : {&first_, &second_})
    EXPECT_NE(etcd.find(cat(one->host->name(), "=https://", one->host->address(), ":2380")), etcd.npos) << etcd;

  write(first_, "/root/pages.yaml", k_pages);
  const ProcessResult applied = kubectl({"apply", "-f", "/root/pages.yaml"});
  ASSERT_EQ(applied.exit_code, 0) << said(applied);
  ASSERT_NO_FATAL_FAILURE(await_all("after the joins"));

  for (const Seat* one : all()) {
    one->host->reboot();
    done(cat(one->host->name(), " was rebooted"));
    ASSERT_NO_FATAL_FAILURE(await_all("after that"));
  }

  uninstall(second_);
  ASSERT_NO_FATAL_FAILURE(await("it took itself out of the cluster", [&] { return nodes_fault({&first_, &worker_}); }));
  expect_as_before(second_, false);

  const std::string removal = cat("kubectl delete node ", worker_.host->name());
  EXPECT_NE(uninstall(worker_).find(removal), std::string::npos);
  expect_as_before(worker_, false);
  const ProcessResult deleted = first_.host->run({"/bin/bash", "-lc", removal}, k_command_limit);
  EXPECT_EQ(said(deleted), cat("exit 0\nnode \"", worker_.host->name(), "\" deleted\n"));
  ASSERT_NO_FATAL_FAILURE(await("the first is alone", [&] { return nodes_fault({&first_}); }));
  ASSERT_NO_FATAL_FAILURE(await("its pods talk", [&] { return talk_fault(1); }));
  for (const Seat* one : {&worker_, &second_}) {
    one->host->reboot();
    expect_as_before(*one, true);
  }
  done("both are as they were before, after a reboot too");
  expect_silence();
}

}  // namespace
}  // namespace rootcellar
