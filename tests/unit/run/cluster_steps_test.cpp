// What the cluster's steps do when something is in the way, and what they say.
#include "bundle/base/text.h"
#include "installer/run/cluster_status.h"
#include "installer/run/runtime_values.h"
#include "tests/support/failing_host.h"
#include "tests/unit/run/cluster_steps.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_kubeadm = "/usr/local/bin/kubeadm";
constexpr const char* k_kubectl = "/usr/local/bin/kubectl";
constexpr const char* k_helm = "/usr/local/bin/helm";

TEST_F(ClusterSteps, AClusterOfOthersIsNotTouched) {
  host_.add_file("/etc/kubernetes/admin.conf", "theirs");
  EXPECT_EQ(refusal("init"), "this machine is already part of a cluster that was not made here: '/etc/kubernetes/admin.conf' is there");
  EXPECT_EQ(calls(k_kubeadm, "reset"), 0u);
}

TEST_F(ClusterSteps, AStoppedInitBeginsWithAReset) {
  host_.set_tool(k_kubeadm, [](MemoryHost& host, const ToolCall&) -> ToolResult {
    host.add_file("/etc/kubernetes/manifests/kube-apiserver.yaml", "half of it");
    host.add_file("/var/lib/etcd/member/db", "half of it");
    throw Killed();
  });
  EXPECT_THROW(install_all(), Killed);
  set_up_node_tools(host_);
  host_.remove("/fake/active");
  host_.add_file("/fake/active", "containerd.service\n");
  install_all();
  EXPECT_EQ(calls(k_kubeadm, "reset"), 1u);
  EXPECT_EQ(host_.read_file("/var/lib/rootcellar/cluster-node", 64), "finished");
}

// Each try under a plan of its own finds what the former ones left; what was there before them all is what comes back.
TEST_F(ClusterSteps, SeveralTriesUnderSeveralPlansAreTakenBackToTheBeginning) {
  const MemoryTree before = visible(host_);
  for (const char* plan : {"one", "two", "three"}) {
    begin_plan(host_, plan);
    host_.set_tool(k_kubeadm, [](MemoryHost& host, const ToolCall& call) -> ToolResult {
      if (call.argv.at(1) == "reset") return bad(1, "no runtime");
      host.add_file("/etc/kubernetes/manifests/kube-apiserver.yaml", "half of it");
      host.add_file("/var/lib/etcd/member/db", "half of it");
      throw Killed();
    });
    EXPECT_THROW(install_all(), Killed);
  }
  uninstall(host_, true);
  EXPECT_EQ(difference(before, visible(host_)), "");
}

TEST_F(ClusterSteps, AFinishedClusterIsNeverResetBecauseItIsSilent) {
  install_all();
  host_.remove(k_node);
  const std::int64_t before = host_.now();
  EXPECT_EQ(refusal([&] { do_step(step("init"), context_); }),
            "cannot wait for 'the API server': it does not answer; the kubelet is active after 300 s");
  EXPECT_GE(host_.now() - before, 300);
  EXPECT_EQ(calls(k_kubeadm, "reset"), 0u);
}

TEST_F(ClusterSteps, KubeadmsChecksAreNamed) {
  host_.add_file("/etc/rootcellar-kubeadm.yaml", "kind: InitConfiguration\n");
  say(k_kubeadm,
      bad(1, "error execution phase preflight:\n\t[ERROR Swap]: running with swap on is not supported\n[preflight] If you know"));
  EXPECT_EQ(refusal("init"), "cannot run 'kubeadm init': [ERROR Swap]: running with swap on is not supported");
  EXPECT_EQ(hint_, "its whole output is in /var/log/rootcellar/init.log; the next try begins with 'kubeadm reset'");
}

TEST_F(ClusterSteps, TheKubeletsFaultIsNamed) {
  host_.set_tool("/usr/bin/journalctl",
                 [](MemoryHost&, const ToolCall&) { return good("E1125 05:41:55.2 no cgroup driver\nMain process exited\n"); });
  say(k_kubeadm,
      {.exit_code = 1, .output = "[kubelet-check] not healthy\n", .error_output = "error execution phase wait-control-plane: deadline\n"});
  EXPECT_EQ(
      refusal("init"),
      "cannot run 'kubeadm init': error execution phase wait-control-plane: deadline; the kubelet is not there: E1125 05:41:55.2 no cgroup "
      "driver");
}

TEST_F(ClusterSteps, SecretsStandInNoArgumentAndInNoJournal) {
  install_all();
  const std::string password = host_.read_file("/var/lib/rootcellar/secrets/db", 4096).value_or("");
  ASSERT_EQ(password.size(), 24u);
  for (const auto& argv : host_.calls()) EXPECT_EQ(join(argv, " ").find(password), std::string::npos) << join(argv, " ");
  for (const auto& [path, node] : host_.tree()) {
    const bool is_secret = path.starts_with("/var/lib/rootcellar/secrets/");
    EXPECT_TRUE(is_secret || node.content.find(password) == std::string::npos) << path;
  }
}

TEST_F(ClusterSteps, AnAnsweredFileIsTakenInAsThePlanKnewIt) {
  ActionScope scope{step("web"), context_};
  const std::string content("key\0\n\n", 6);
  const std::vector<TemplateValue> planned{{"answers.key", "/media/key"}, {"answers.key|file", sha256(as_bytes(content)).named()}};
  const auto filled = [&](Missing missing) { return fill_in("${answers.key|file}", planned, "manifest 'x'", scope, missing).text; };
  const std::string path = "/var/lib/rootcellar/secrets/_file.key";
  EXPECT_EQ(refusal([&] { filled(Missing::is_an_error); }), "expected '" + path + "' as it was when this was planned, found none");
  host_.add_file(path, "other", 0600);
  EXPECT_EQ(refusal([&] { filled(Missing::is_an_error); }), "expected '" + path + "' as it was when this was planned, found something else");
  EXPECT_EQ(filled(Missing::is_empty), "");
  host_.add_file(path, content, 0600);
  EXPECT_EQ(filled(Missing::is_an_error), content);
  EXPECT_EQ(fill_in("${answers.key|file}", planned, "x", scope).secrets, std::vector<std::string>{content});
}

TEST_F(ClusterSteps, AReleaseKilledHalfwayIsInstalledAnew) {
  install_all();
  host_.add_file(k_releases, "lab chart 1 pending-install ours\n");
  do_step(step("lab-chart"), context_);
  EXPECT_EQ(calls(k_kubectl, "sh.helm.release.v1.chart.v1"), 1u);
}

TEST_F(ClusterSteps, AFailedChartSaysWhatIsInTheWay) {
  install_all();
  host_.add_file(k_releases, "");
  say(k_helm, bad(1, "Error: failed post-install: timed out waiting for the condition"));
  const auto kubectl = [](MemoryHost&, const ToolCall& call) {
    if (has(call, "events")) return good(R"({"items":[]})");
    return good(R"({"items":[{"metadata":{"name":"hook-x"},"status":{"phase":"Pending","containerStatuses":[{"name":"hook","ready":false,)"
                R"("state":{"waiting":{"reason":"ErrImagePull","message":"no such image"}}}]}}]})");
  };
  host_.set_tool(k_kubectl, kubectl);
  host_.set_tool(k_helm, [](MemoryHost&, const ToolCall& call) {
    return has(call, "upgrade") ? bad(1, "Error: failed post-install: timed out waiting for the condition")
                                : bad(1, "Error: release: not found");
  });
  EXPECT_EQ(
      refusal([&] { do_step(step("chart"), context_); }),
      "cannot install chart 'chart': exit status 1: Error: failed post-install: timed out waiting for the condition: pod hook-x: container "
      "hook: ErrImagePull: no such image");
}

TEST_F(ClusterSteps, KindsNotYetEstablishedAreWaitedFor) {
  install_all();
  int tries = 0;
  host_.set_tool(k_kubectl, [&tries](MemoryHost&, const ToolCall& call) {
    return has(call, "apply") && ++tries < 4 ? bad(1, "no matches for kind \"Workflow\"") : good("namespace/lab\n");
  });
  do_step(step("argo"), context_);
  EXPECT_EQ(tries, 4);
  host_.set_tool(k_kubectl, [](MemoryHost&, const ToolCall& call) {
    return has(call, "apply") ? bad(1, "error: no matches for kind \"Workflow\"") : good("namespace/lab\n");
  });
  const std::int64_t before = host_.now();
  EXPECT_EQ(refusal([&] { do_step(step("argo"), context_); }),
            "cannot apply manifest 'argo': exit status 1: error: no matches for kind \"Workflow\"");
  EXPECT_LE(host_.now() - before, 62);
}

TEST_F(ClusterSteps, AMissingValueIsNamed) {
  install_all();
  set("web", ApplyManifest{"web", "lab", {}, "a: ${answers.domain}\n", false, {}});
  EXPECT_EQ(refusal("web"), "manifest 'web':2:4: no value for '${answers.domain}'");
  set("web", ApplyManifest{"web", "lab", {}, "a: ${secret.no}\n", false, {}});
  EXPECT_EQ(refusal("web"), "expected '/var/lib/rootcellar/secrets/no', found none");
}

ClusterWait waits(const std::string& kind, const std::string& target, const std::string& expression, const std::string& expect) {
  ClusterWait wait;
  wait.kind = kind;
  wait.target = target;
  wait.space = "lab";
  wait.expression = expression;
  wait.expect = expect;
  wait.time_limit = 30;
  return wait;
}

TEST_F(ClusterSteps, AWaitLooksAgainSoonAndLaterLessOften) {
  install_all();
  set("rollout", WaitInCluster{waits("jsonpath", "workflow/hello", "{.status.phase}", "Succeeded"), {}});
  const auto seconds_until = [&](int look) {
    int looks = 0;
    host_.set_tool(k_kubectl, [&looks, look](MemoryHost&, const ToolCall& call) {
      if (!has(call, "workflow/hello")) return good("{}");  // what stands in the way
      return good(++looks < look ? "Running" : "Succeeded");
    });
    const std::int64_t before = host_.now();
    do_step(step("rollout"), context_);
    EXPECT_EQ(looks, look);
    return host_.now() - before;
  };
  EXPECT_LE(seconds_until(4), 2);
  EXPECT_LE(seconds_until(16), 26);
  EXPECT_GE(seconds_until(16), 22);
}

TEST_F(ClusterSteps, WaitsSayWhatTheyFind) {
  install_all();
  set("rollout", WaitInCluster{waits("rollout", "deployment/no", "", ""), {}});
  EXPECT_EQ(refusal("rollout"), "cannot wait for 'deployment/no' in namespace 'lab': it is not there after 30 s");
  set("rollout", WaitInCluster{waits("jsonpath", "workflow/hello", "{.status.phase}", "Running"), {}});
  EXPECT_EQ(refusal("rollout"),
            "cannot wait for 'workflow/hello' in namespace 'lab': expected 'Running', found 'Succeeded' at {.status.phase} after 30 s");
  ClusterWait failing = waits("jsonpath", "workflow/hello", "{.status.phase}", "Running");
  failing.fails = {"Succeeded"};
  set("rollout", WaitInCluster{failing, {}});
  EXPECT_EQ(refusal("rollout"),
            "cannot wait for 'workflow/hello' in namespace 'lab': expected 'Running', found 'Succeeded' at {.status.phase}");
  set("rollout", WaitInCluster{waits("http", "http://10.0.0.1/", "", "goodbye"), {}});
  EXPECT_EQ(
      refusal("rollout"),
      "cannot wait for 'http://10.0.0.1/' in namespace 'lab': expected 'goodbye' in the answer, found status 200 and 'welcome' after 30 s");
  set("rollout", WaitInCluster{waits("moon", "full", "", ""), {}});
  EXPECT_EQ(refusal("rollout"), "wait for 'full': expected a kind of wait (rollout, job, jsonpath, http), found 'moon'");
}

TEST_F(ClusterSteps, StatusLooksOnce) {
  install_all();
  set("rollout", WaitInCluster{waits("rollout", "deployment/no", "", ""), {}});
  const std::int64_t before = host_.now();
  EXPECT_EQ(cluster_step_fault(step("rollout"), context_), "cannot wait for 'deployment/no' in namespace 'lab': it is not there");
  EXPECT_EQ(cluster_step_fault(step("fstab"), context_), "");
  EXPECT_EQ(host_.now(), before);
}

TEST_F(ClusterSteps, ASilentApiIsAskedOnce) {
  install_all();
  host_.remove(k_node);
  const std::size_t before = host_.calls().size();
  const std::string said =
      "cannot ask the cluster: exit status 1: The connection to the server 10.0.0.1:6443 was refused - did you specify the "
      "right host or port?";
  for (const char* id : {"init", "node", "ready", "argo", "chart", "rollout", "migrate", "capture"})
    EXPECT_EQ(refusal([&] { probe_step(step(id), context_); }), said) << id;
  EXPECT_EQ(host_.calls().size() - before, 1u);
}

TEST_F(ClusterSteps, ACommandThatFailsSaysSoWithoutItsSecret) {
  install_all();
  host_.add_file("/var/lib/rootcellar/secrets/db", "hush", 0600);
  say(k_kubectl, bad(3, "login as hush refused"));
  EXPECT_EQ(refusal("seed"), "cannot run 'seed' in deployment/chart in namespace 'lab': exit status 3: login as *** refused");
}

TEST_F(ClusterSteps, ValuesAndNodesThatAreNotThere) {
  install_all();
  set("capture", CaptureValue{{"address", "service/no", "lab", "{.spec.clusterIP}"}});
  EXPECT_EQ(refusal("capture"),
            "cannot capture 'address': expected a value at {.spec.clusterIP} of 'service/no' in namespace 'lab', found none");
  say(k_kubectl, good());
  EXPECT_EQ(refusal("node"), "cannot mark node 'one': the cluster has no node of this name");
}

TEST_F(ClusterSteps, ADigestThatIsAnother) {
  set("pull", PullIntoContainerd{"docker.io/lab/web:1", sha256(as_bytes("other")), true});
  EXPECT_EQ(refusal("pull"), cat("cannot pull 'docker.io/lab/web:1': expected digest ", sha256(as_bytes("other")).named(),
                                 ", found docker.io/lab/web@", sha256(as_bytes("docker.io/lab/web:1")).named()));
}

TEST_F(ClusterSteps, ATrialIsGoneOnceItIsProven) {
  install_all();
  EXPECT_EQ(probe_step(step("trial"), context_), ProbeResult::already);
  EXPECT_FALSE(read_lines(host_, k_objects).contains("lab claim/mine"));
  auto trial = std::get<TryManifest>(step("trial").action);
  trial.waits.front().expect = "Bound";
  trial.waits.front().time_limit = 1;
  set("trial", trial);
  EXPECT_EQ(probe_step(step("trial"), context_), ProbeResult::needed);
  EXPECT_EQ(refusal("trial").substr(0, 29), "cannot wait for 'claim/mine' ");
  EXPECT_TRUE(read_lines(host_, k_objects).contains("lab claim/mine"));
  const JsonValue undo = JsonValue::object();
  undo_step(step("trial"), undo, context_, false);
  EXPECT_FALSE(read_lines(host_, k_objects).contains("lab claim/mine"));
}

}  // namespace
}  // namespace rootcellar::test
