// How a machine joins a cluster and leaves it, what the first node gives for a ticket, and where the secrets of both are never found.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_leave.h"
#include "installer/run/join_material.h"
#include "tests/support/failing_host.h"
#include "tests/support/thrown.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_kubeadm = "/usr/local/bin/kubeadm";
constexpr const char* k_kubectl = "/usr/local/bin/kubectl";
constexpr const char* k_config = "/run/rootcellar-join/kubeadm.yaml";
constexpr const char* k_token = "abcdef.0123456789abcdef";
constexpr const char* k_token_path = "/var/lib/rootcellar/secrets/join-token";

/// Progress that keeps its warnings.
class Warnings final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, bool) noexcept override {}
  void advance(std::uint64_t) noexcept override {}
  void end() noexcept override {}
  void note(std::string_view) noexcept override {}
  void warn(std::string_view line) noexcept override { said += cat(line, "\n"); }
  void event(std::string_view, const JsonValue&) noexcept override {}
  std::string said;
};

class JoinSteps : public ::testing::Test {
 protected:
  JoinSteps() { set_up_joining_machine(host_); }

  void install_all(const std::vector<Step>& steps) { install(host_, bundle_, steps); }
  std::string refusal(const std::function<void()>& action) {
    return message_of(action, &hint_);
  }
  /// Everything that is on the machine, and every argument of every program.
  bool is_anywhere(const std::string& secret) {
    for (const auto& [path, node] : host_.tree()) {
      if (node.content.find(secret) != std::string::npos) return true;
    }
    for (const auto& argv : host_.calls()) {
      if (join(argv, " ").find(secret) != std::string::npos) return true;
    }
    return false;
  }
  std::vector<std::string> calls_of(const std::string& program) const {
    std::vector<std::string> calls;
    for (const auto& argv : host_.calls()) {
      if (argv[0] == program) calls.push_back(join(std::vector<std::string>(argv.begin() + 1, argv.end()), " "));
    }
    return calls;
  }
  /// Takes the join step back as uninstall does.
  void leave(const std::vector<Step>& steps) {
    const Step& step = steps[1];
    undo_step(step, JsonValue::object(), context_, false);
  }

  TemporaryDirectory directory_{"rc-join"};
  Bundle bundle_ = cluster_bundle(directory_.path());
  MemoryHost host_;
  Warnings warnings_;
  RunContext context_{.host = host_, .bundle = &bundle_, .progress = warnings_};
  Step step_{"ticket", "make a ticket", "", WaitInCluster{}};
  ActionScope scope_{step_, context_};
  std::string hint_;
};

TEST_F(JoinSteps, TheSecretsAreOnTheMachineUntilItHasJoined) {
  const auto model = [](MemoryHost& host, const ToolCall& call) {
    EXPECT_EQ(call.argv, (std::vector<std::string>{k_kubeadm, "join", "--config", k_config}));
    EXPECT_EQ(host.read_file(k_config, 4096), "kind: JoinConfiguration\ntoken: \"abcdef.0123456789abcdef\"\n");
    EXPECT_EQ(host.status(k_config)->mode, 0600u);
    EXPECT_EQ(host.status("/run/rootcellar-join")->mode, 0700u);
    EXPECT_EQ(call.secrets, std::vector<std::string>{k_token});
    host.add_file("/etc/kubernetes/kubelet.conf", "a kubeconfig");
    return good();
  };
  host_.set_tool(k_kubeadm, model);
  EXPECT_TRUE(is_anywhere(k_token));
  install_all({worker_plan()[1]});
  EXPECT_FALSE(is_anywhere(k_token));
  EXPECT_FALSE(host_.exists("/run/rootcellar-join"));
}

TEST_F(JoinSteps, AFailureHidesTheTokenAndKeepsItForTheNextTry) {
  host_.set_tool(k_kubeadm, [](MemoryHost&, const ToolCall&) {
    return bad(1, cat("error execution phase preflight: couldn't validate the identity of the API Server: invalid token ", k_token));
  });
  EXPECT_EQ(refusal([&] { install_all(worker_plan()); }),
            "cannot run 'kubeadm join': error execution phase preflight: couldn't validate the identity of the API Server: invalid token "
            "***; the kubelet is not there");
  EXPECT_EQ(hint_, "its whole output is in /var/log/rootcellar/join.log; the next try begins with 'kubeadm reset'");
  EXPECT_FALSE(host_.exists(k_config));
  EXPECT_EQ(host_.read_file(k_token_path, 64), k_token);
}

TEST_F(JoinSteps, WithoutItsSecretsItSaysSo) {
  host_.remove(k_token_path);
  EXPECT_EQ(refusal([&] { install_all(worker_plan()); }), "expected '/var/lib/rootcellar/secrets/join-token', found none");
}

TEST_F(JoinSteps, AWorkerEndsItsPodsAndNamesTheCommandForTheFirstNode) {
  install_all(worker_plan());
  int looks = 0;
  host_.set_tool(k_kubectl, [&](MemoryHost&, const ToolCall& call) {
    if (has(call, "pods") && has(call, "get") && ++looks == 1) {
      return good(R"({"items":[
        {"metadata":{"name":"web-1","namespace":"lab","ownerReferences":[{"kind":"ReplicaSet"}]},"status":{"phase":"Running"}},
        {"metadata":{"name":"alone","namespace":"lab"},"status":{"phase":"Running"}},
        {"metadata":{"name":"done","namespace":"lab"},"status":{"phase":"Succeeded"}},
        {"metadata":{"name":"flannel","namespace":"kube-flannel","ownerReferences":[{"kind":"DaemonSet"}]},"status":{"phase":"Running"}}]})");
    }
    return good(has(call, "pods") && has(call, "get") ? R"({"items":[]})" : "");
  });
  const std::size_t before = calls_of(k_kubectl).size();
  leave(worker_plan());
  std::vector<std::string> asked = calls_of(k_kubectl);
  asked.erase(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(before));
  const std::string key = "--kubeconfig /etc/kubernetes/kubelet.conf ";
  const std::string look = "get pods --all-namespaces --field-selector spec.nodeName=two --output json --request-timeout=10s";
  EXPECT_EQ(asked,
            (std::vector<std::string>{key + "get --raw /readyz --request-timeout=10s", key + "cordon two --request-timeout=10s", key + look,
                                      key + "delete pods web-1 alone --namespace lab --wait=false --request-timeout=10s", key + look}));
  EXPECT_EQ(warnings_.said, "the cluster may still list this machine: run on its first node 'kubectl delete node two'\n");
}

TEST_F(JoinSteps, AControlPlaneNodeLeavesByItself) {
  install_all(control_plane_plan());
  const std::size_t before = calls_of(k_kubectl).size();
  leave(control_plane_plan());
  std::vector<std::string> asked = calls_of(k_kubectl);
  asked.erase(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_EQ(asked,
            (std::vector<std::string>{
                "--kubeconfig /etc/kubernetes/admin.conf get --raw /readyz --request-timeout=10s",
                "--kubeconfig /etc/kubernetes/admin.conf drain two --ignore-daemonsets --delete-emptydir-data --force --timeout=160s",
                "--kubeconfig /run/rootcellar-join/leaving.conf get --raw /readyz --request-timeout=10s",
                "--kubeconfig /run/rootcellar-join/leaving.conf delete node two --ignore-not-found --request-timeout=10s"}));
  EXPECT_EQ(warnings_.said, "");
  EXPECT_FALSE(host_.exists("/run/rootcellar-join"));
}

TEST_F(JoinSteps, AClusterThatIsGoneIsLeftAllTheSame) {
  for (const auto& steps : {worker_plan(), control_plane_plan()}) {
    set_up_joining_machine(host_);
    install_all(steps);
    host_.set_tool(k_kubectl, [](MemoryHost&, const ToolCall&) { return bad(1, "connection refused"); });
    warnings_.said.clear();
    leave(steps);
    EXPECT_EQ(warnings_.said, "the cluster may still list this machine: run on its first node 'kubectl delete node two'\n");
    EXPECT_FALSE(host_.exists("/etc/kubernetes/kubelet.conf"));
    uninstall(host_, true);
  }
}

TEST_F(JoinSteps, PodsThatDoNotEndInTime) {
  install_all(worker_plan());
  host_.set_tool(k_kubectl, [](MemoryHost&, const ToolCall& call) {
    return good(has(call, "pods") ? R"({"items":[{"metadata":{"name":"slow","namespace":"lab"},"status":{"phase":"Running"}}]})" : "");
  });
  const std::int64_t before = host_.now();
  leave(worker_plan());
  EXPECT_EQ(host_.now() - before, 120);
  EXPECT_EQ(warnings_.said,
            "not all pods left 'two' in time: they end with it\n"
            "the cluster may still list this machine: run on its first node 'kubectl delete node two'\n");
}

TEST_F(JoinSteps, TheTokenIsReadFromWhatKubeadmPrints) {
  host_.set_tool(k_kubeadm, [](MemoryHost&, const ToolCall&) {
    return good(cat("kubeadm join cluster.internal:6443 --token ", k_token, " \\\n\t--discovery-token-ca-cert-hash sha256:aa \n"));
  });
  const JoinMaterial made = make_join_token(86400, "ticket of rootcellar-install", scope_);
  EXPECT_EQ(made.token, k_token);
  EXPECT_EQ(made.ca_hash, "sha256:aa");
  EXPECT_EQ(calls_of(k_kubeadm),
            std::vector<std::string>{"token create --kubeconfig /etc/kubernetes/admin.conf --ttl 86400s --description ticket of "
                                     "rootcellar-install --print-join-command"});
  EXPECT_FALSE(host_.exists("/var/log/rootcellar/ticket.log"));
}

TEST_F(JoinSteps, AKubeadmThatMakesNoToken) {
  host_.set_tool(k_kubeadm, [](MemoryHost&, const ToolCall&) { return bad(1, "error: failed to create new bootstrap token: timeout"); });
  EXPECT_EQ(refusal([&] { make_join_token(600, "", scope_); }),
            "cannot run 'kubeadm token create': exit status 1: error: failed to create new bootstrap token: timeout");
  EXPECT_EQ(hint_, "the API server of this machine must answer: 'rootcellar-install status' shows what is wrong");
  host_.set_tool(k_kubeadm, [](MemoryHost&, const ToolCall&) { return good("abcdef.0123456789abcdef\n"); });
  EXPECT_EQ(refusal([&] { make_join_token(600, "", scope_); }),
            "cannot use what 'kubeadm token create' printed: expected --token and --discovery-token-ca-cert-hash");
}

TEST_F(JoinSteps, TheKeyOfTheCertificatesIsInAFileWhileKubeadmRuns) {
  const std::string key(64, 'b');
  for (const int status : {0, 1}) {
    host_.set_tool(k_kubeadm, [&](MemoryHost& host, const ToolCall& call) {
      EXPECT_EQ(host.read_file("/run/rootcellar-join/upload.yaml", 4096), cat("certificateKey: ", key, "\n"));
      EXPECT_EQ(host.status("/run/rootcellar-join/upload.yaml")->mode, 0600u);
      EXPECT_EQ(call.secrets, std::vector<std::string>{key});
      return status == 0 ? good() : bad(1, cat("error: cannot encrypt with ", key));
    });
    EXPECT_EQ(refusal([&] { upload_certificates(cat("certificateKey: ", key, "\n"), key, scope_); }),
              status == 0 ? "no error" : "cannot run '/usr/local/bin/kubeadm': exit status 1: error: cannot encrypt with ***");
    EXPECT_FALSE(is_anywhere(key));
  }
}

TEST_F(JoinSteps, TheSitesKeyIsMadeOnceAndGoesWithTheCluster) {
  GeneratedSecret key;
  key.name = k_site_key;
  key.kind = k_site_key_kind;
  Step step{"site-key", "make the site's key", "", MakeSecret{key, {}}};
  const std::string path = "/var/lib/rootcellar/secrets/_site-key";
  do_step(step, context_);
  const std::string text = host_.read_file(path, 4096).value_or("");
  EXPECT_EQ(host_.status(path)->mode, 0600u);
  EXPECT_NO_THROW(SecretKey::parse(text, {}, path));
  EXPECT_EQ(probe_step(step, context_), ProbeResult::already);
  do_step(step, context_);
  EXPECT_EQ(host_.read_file(path, 4096), text);
  undo_step(step, JsonValue::object(), context_, false);
  EXPECT_FALSE(host_.exists(path));
  EXPECT_TRUE(context_.kept.empty());
}

}  // namespace
}  // namespace rootcellar::test
