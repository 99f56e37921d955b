// When a node's own pods count as up, and what is said when they do not come up.
#include "installer/run/node_pods.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/support/thrown.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr std::int64_t k_now = 1'700'000'000;

std::string pod(const std::string& name, const std::string& owner, const std::string& condition, const std::string& status = "",
                const std::string& metadata = "") {
  return cat(R"({"metadata":{"name":")", name, R"(","namespace":"kube-system")", metadata, R"(,"ownerReferences":[{"kind":")", owner,
             R"("}]},"status":{"phase":"Running","conditions":[)", condition, "]", status, "}}");
}

/// Ready for so many seconds.
std::string ready(std::int64_t age) {
  return cat(R"({"type":"Ready","status":"True","lastTransitionTime":")", format_time(k_now - age), R"("})");
}

constexpr const char* k_not_ready = R"({"type":"Ready","status":"False","lastTransitionTime":"2020-01-01T00:00:00Z"})";

std::string list(const std::vector<std::string>& pods) { return cat(R"({"items":[)", join(pods, ","), "]}"); }

std::string shown(const std::vector<std::string>& pods) {
  const WorkloadState state = own_pods_state(own_pods(parse_json(list(pods), "test")), k_now);
  return cat(state.ready ? "ready: " : "waiting: ", state.text);
}

TEST(NodePods, WhatCountsAsUp) {
  const std::string proxy = pod("kube-proxy-a", "DaemonSet", ready(60));
  EXPECT_EQ(shown({}), "waiting: no pod of a DaemonSet is there");
  EXPECT_EQ(shown({pod("etcd-one", "Node", ready(60))}), "waiting: no pod of a DaemonSet is there");
  EXPECT_EQ(shown({proxy, pod("web-1", "ReplicaSet", k_not_ready)}), "ready: 1 of 1 are ready");
  EXPECT_EQ(shown({proxy, pod("kube-flannel-b", "DaemonSet", k_not_ready)}), "waiting: 1 of 2 are ready");
  EXPECT_EQ(shown({proxy, pod("kube-flannel-b", "DaemonSet", "")}), "waiting: 1 of 2 are ready");
  EXPECT_EQ(shown({proxy, pod("etcd-one", "Node", k_not_ready)}), "waiting: 1 of 2 are ready");
  EXPECT_EQ(shown({proxy, pod("old", "DaemonSet", k_not_ready, "", R"(,"deletionTimestamp":"2023-01-01T00:00:00Z")")}),
            "ready: 1 of 1 are ready");
}

TEST(NodePods, TheMomentBetweenTwoCrashesDoesNotCount) {
  const auto ended = [](std::int64_t life) {
    return cat(R"(,"containerStatuses":[{"name":"kube-proxy","restartCount":3,"lastState":{"terminated":{"startedAt":")", format_time(1000),
               R"(","finishedAt":")", format_time(1000 + life), R"("}}}])");
  };
  const std::string crashed = ended(59);
  EXPECT_EQ(shown({pod("kube-proxy-a", "DaemonSet", ready(4))}), "waiting: 1 of 1 are ready, kube-proxy-a not long enough");
  EXPECT_EQ(shown({pod("kube-proxy-a", "DaemonSet", ready(5))}), "ready: 1 of 1 are ready");
  EXPECT_EQ(shown({pod("kube-proxy-a", "DaemonSet", ready(19), crashed)}),
            "waiting: 1 of 1 are ready, kube-proxy-a not long enough after a crash");
  EXPECT_EQ(shown({pod("kube-proxy-a", "DaemonSet", ready(20), crashed)}), "ready: 1 of 1 are ready");
  EXPECT_EQ(shown({pod("kube-proxy-a", "DaemonSet", ready(5), ended(60))}), "ready: 1 of 1 are ready");  // as by a boot
  EXPECT_EQ(shown({pod("kube-proxy-a", "DaemonSet", ready(-3600), crashed)}), "ready: 1 of 1 are ready");  // the clock was set back
}

class NodePodsWait : public ::testing::Test {
 protected:
  NodePodsWait() { set_up_joining_machine(host_); }

  std::string refusal(const std::vector<Step>& steps) {
    return message_of([&] { install(host_, bundle_, steps); }, &hint_);
  }

  TemporaryDirectory directory_{"rc-node-pods"};
  Bundle bundle_ = cluster_bundle(directory_.path());
  MemoryHost host_;
  std::string hint_;
};

constexpr const char* k_crash_loop =
    R"(,"containerStatuses":[{"name":"kube-proxy","restartCount":4,"containerID":"containerd://abc","ready":false,)"
    R"("state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}])";

TEST_F(NodePodsWait, AJoinDoesNotEndWhileKubeProxyCrashes) {
  host_.add_file(k_pods, list({pod("kube-proxy-a", "DaemonSet", k_not_ready, k_crash_loop)}));
  host_.add_file("/usr/local/bin/crictl", "");
  host_.set_tool("/usr/local/bin/crictl", [](MemoryHost&, const ToolCall& call) {
    EXPECT_EQ(call.argv, (std::vector<std::string>{"/usr/local/bin/crictl", "logs", "--tail=5", "abc"}));
    return ToolResult{.exit_code = 0, .output = "", .error_output = "starting\ntoo many open files\n"};
  });
  EXPECT_EQ(refusal(worker_plan()),
            "cannot wait for 'the pods of node two': 0 of 1 are ready after 60 s: pod kube-proxy-a: container kube-proxy: "
            "CrashLoopBackOff: exit status 1, its last line: too many open files");
  EXPECT_EQ(hint_,
            "to look closer: kubectl --kubeconfig /etc/kubernetes/kubelet.conf get pods --all-namespaces --field-selector "
            "spec.nodeName=two");
}

TEST_F(NodePodsWait, WithoutARuntimesToolTheCauseIsSaidWithoutItsLastLine) {
  host_.add_file(k_pods, list({pod("kube-proxy-a", "DaemonSet", k_not_ready, k_crash_loop)}));
  EXPECT_EQ(refusal(control_plane_plan()),
            "cannot wait for 'the pods of node two': 0 of 1 are ready after 60 s: pod kube-proxy-a: container kube-proxy: "
            "CrashLoopBackOff: exit status 1");
}

TEST_F(NodePodsWait, ASilentClusterIsSaid) {
  host_.set_tool("/usr/local/bin/kubectl", [](MemoryHost&, const ToolCall& call) {
    return has(call, "pods") ? bad(1, "Error from server (Forbidden): pods is forbidden") : good("True");
  });
  EXPECT_EQ(refusal(worker_plan()),
            "cannot ask the cluster: exit status 1: Error from server (Forbidden): pods is forbidden");
}

}  // namespace
}  // namespace rootcellar::test
