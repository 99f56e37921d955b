// From what kubectl prints to sentences. The documents are what kubectl 1.34 prints, without the members that nobody reads.
#include "installer/run/cluster_diagnosis.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/run/kubeadm_fault.h"

namespace rootcellar::test {
namespace {

std::string pod(std::string_view name, std::string_view status) {
  return cat(R"({"kind":"Pod","metadata":{"name":")", name, R"("},"status":)", status, "}");
}

std::string event(std::string_view kind, std::string_view name, std::string_view reason, std::string_view message, std::string_view time) {
  return cat(R"({"type":"Warning","reason":")", reason, R"(","message":")", message, R"(","lastTimestamp":")", time,
             R"(","involvedObject":{"kind":")", kind, R"(","name":")", name, R"("}})");
}

std::vector<std::string> diagnosis(const std::vector<std::string>& pods, const std::vector<std::string>& events = {},
                                   const std::string& last_line = {}) {
  return diagnose(parse_json(cat(R"({"items":[)", join(pods, ","), "]}"), "pods"),
                  parse_json(cat(R"({"items":[)", join(events, ","), "]}"), "events"),
                  [&](const std::string&, const std::string&) { return last_line; });
}

using Sentences = std::vector<std::string>;

TEST(Diagnosis, SaysNothingOfPodsThatAreWell) {
  EXPECT_EQ(diagnosis({pod("a", R"({"phase":"Succeeded"})"),
                       pod("b", R"({"phase":"Running","containerStatuses":[{"name":"web","ready":true,"state":{"running":{}}}]})")}),
            Sentences{});
}

TEST(Diagnosis, ImageThatCannotBePulledWithTheCauseFromItsEvent) {
  const std::string waiting =
      pod("web-abc", R"({"phase":"Pending","containerStatuses":[{"name":"web","image":"quay.io/lab/web:2","ready":false,)"
                     R"("state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image \"quay.io/lab/web:2\""}}}]})");
  EXPECT_EQ(diagnosis({waiting}), Sentences{"pod web-abc: container web: ImagePullBackOff: Back-off pulling image \"quay.io/lab/web:2\""});
  EXPECT_EQ(diagnosis({waiting}, {event("Pod", "web-abc", "Failed", "Failed to pull image \\\"quay.io/lab/web:2\\\": not found",
                                        "2026-11-25T05:00:00Z"),
                                  event("Pod", "web-abc", "Failed", "Error: ImagePullBackOff", "2026-11-25T05:00:09Z")}),
            Sentences{"pod web-abc: container web: ImagePullBackOff: Failed to pull image \"quay.io/lab/web:2\": not found"});
}

TEST(Diagnosis, CrashLoopWithTheLastLine) {
  const std::string crashing = pod("db-0", R"({"phase":"Running","containerStatuses":[{"name":"db","ready":false,)"
                                           R"("lastState":{"terminated":{"exitCode":1,"reason":"Error"}},)"
                                           R"("state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 40s restarting"}}}]})");
  EXPECT_EQ(diagnosis({crashing}, {}, "FATAL: no password"),
            Sentences{"pod db-0: container db: CrashLoopBackOff: exit status 1, its last line: FATAL: no password"});
  EXPECT_EQ(diagnosis({crashing}), Sentences{"pod db-0: container db: CrashLoopBackOff: exit status 1"});
}

TEST(Diagnosis, OutOfMemory) {
  EXPECT_EQ(diagnosis({pod("job-x", R"({"phase":"Failed","containerStatuses":[{"name":"main","ready":false,)"
                                    R"("state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]})")}),
            Sentences{"pod job-x: container main: OOMKilled, exit status 137"});
}

TEST(Diagnosis, PodWithoutAPlace) {
  EXPECT_EQ(diagnosis({pod("web-1", R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable",)"
                                    R"("message":"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."}]})")}),
            Sentences{"pod web-1: Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."});
}

TEST(Diagnosis, EvictedPod) {
  EXPECT_EQ(
      diagnosis({pod("web-1", R"({"phase":"Failed","reason":"Evicted","message":"The node was low on resource: ephemeral-storage."})")}),
      Sentences{"pod web-1: Evicted: The node was low on resource: ephemeral-storage."});
}

TEST(Diagnosis, InitContainerThatHoldsTheOthersUp) {
  const std::string rest = R"("containerStatuses":[{"name":"web","ready":false,"state":{"waiting":{"reason":"PodInitializing"}}}]})";
  EXPECT_EQ(
      diagnosis({pod("web-1",
                     cat(R"({"phase":"Pending","initContainerStatuses":[{"name":"one","ready":true,"state":{"terminated":{"exitCode":0}}},)"
                         R"({"name":"two","ready":false,"started":false,"state":{"running":{}}}],)",
                         rest))}),
      Sentences{"pod web-1: init container two: is still running"});
  EXPECT_EQ(diagnosis({pod("web-1", cat(R"({"phase":"Pending","initContainerStatuses":[{"name":"wait","ready":false,)"
                                        R"("state":{"terminated":{"exitCode":2,"reason":"Error"}}}],)",
                                        rest))},
                      {}, "no route to host"),
            Sentences{"pod web-1: init container wait: exit status 2, its last line: no route to host"});
}

TEST(Diagnosis, VolumeThatCannotBeMounted) {
  const std::string made =
      pod("web-1",
          R"({"phase":"Pending","containerStatuses":[{"name":"web","ready":false,"state":{"waiting":{"reason":"ContainerCreating"}}}]})");
  EXPECT_EQ(diagnosis({made}), Sentences{"pod web-1: container web: is being made"});
  EXPECT_EQ(diagnosis({made}, {event("Pod", "web-1", "FailedMount", "MountVolume.SetUp failed: secret \\\"web\\\" not found",
                                     "2026-11-25T05:00:00Z")}),
            Sentences{"pod web-1: FailedMount: MountVolume.SetUp failed: secret \"web\" not found"});
}

TEST(Diagnosis, RunningAndNotReady) {
  const std::string running =
      pod("web-1", R"({"phase":"Running","containerStatuses":[{"name":"web","ready":false,"state":{"running":{}}}]})");
  EXPECT_EQ(diagnosis({running}), Sentences{"pod web-1: container web: runs and is not ready"});
  EXPECT_EQ(diagnosis({running}, {event("Pod", "web-1", "Unhealthy", "Readiness probe failed: 500", "2026-11-25T05:00:00Z")}),
            Sentences{"pod web-1: container web: runs and is not ready: Unhealthy: Readiness probe failed: 500"});
}

TEST(Diagnosis, OwnerThatCannotMakeItsPods) {
  const std::string fault =
      event("ReplicaSet", "web-5d", "FailedCreate", "Error creating: pods is forbidden: exceeded quota", "2026-11-25T05:00:00Z");
  EXPECT_EQ(diagnosis({}, {fault, fault, event("Node", "one", "Rebooted", "it did", "2026-11-25T05:00:00Z")}),
            Sentences{"replicaset web-5d: FailedCreate: Error creating: pods is forbidden: exceeded quota"});
}

TEST(KubeadmFault, NamesEveryFailedCheck) {
  EXPECT_EQ(
      kubeadm_fault("[init] Using Kubernetes version: v1.34.4\n[preflight] Running pre-flight checks\n"
                    "error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR Swap]: running with swap on is not "
                    "supported. Please disable swap\n\t[ERROR Port-6443]: Port 6443 is in use\n[preflight] If you know what you are doing"),
      "[ERROR Swap]: running with swap on is not supported. Please disable swap; [ERROR Port-6443]: Port 6443 is in use");
}

TEST(KubeadmFault, FindsTheCauseAboveTheAdvice) {
  EXPECT_EQ(
      kubeadm_fault("[kubelet-check] The kubelet is not healthy after 4m0.001s\nerror execution phase wait-control-plane: failed while "
                    "waiting for the kubelet to start\nTo see the stack trace of this error execute with --v=5 or higher\n"),
      "error execution phase wait-control-plane: failed while waiting for the kubelet to start");
  EXPECT_EQ(kubeadm_fault("it just ended\n"), "");
}

TEST(KubeadmFault, FindsTheKubeletsLastError) {
  EXPECT_EQ(
      kubelet_fault(
          "I1125 05:41:54.1 started\nE1125 05:41:55.2 \"command failed\" err=\"failed to run Kubelet: misconfiguration: cgroup driver\"\n"
          "Main process exited, code=exited\n"),
      "E1125 05:41:55.2 \"command failed\" err=\"failed to run Kubelet: misconfiguration: cgroup driver\"");
  EXPECT_EQ(kubelet_fault("Starting kubelet\n"), "");
}

}  // namespace
}  // namespace rootcellar::test
