// What renew and a change of address do to a node, over models of its programs that write down what they are asked.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/renewal.h"
#include "installer/run/node_address.h"
#include "installer/run/server_names.h"
#include "tests/support/failing_host.h"
#include "tests/support/memory_host.h"
#include "tests/unit/care/sample_certificate.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_config = "/etc/rootcellar/kubeadm.yaml";
constexpr const char* k_current = "/var/lib/kubelet/pki/kubelet-client-current.pem";

class NodeCare : public ::testing::Test {
 protected:
  NodeCare() {
    host_.add_file(k_config, "localAPIEndpoint:\n  advertiseAddress: \"10.0.0.9\"\n  bindPort: 6443\n");
    host_.add_file("/etc/kubernetes/admin.conf", "    server: https://cluster.internal:6443\n");
    host_.add_file("/etc/kubernetes/kubelet.conf", "    server: https://10.0.0.1:6443\n", 0600);
    host_.add_file("/etc/kubernetes/scheduler.conf", "    server: https://10.0.0.1:6443\n", 0600);
    host_.add_file("/etc/kubernetes/manifests/kube-apiserver.yaml", "    - --advertise-address=10.0.0.1\n");
    host_.add_file("/etc/kubernetes/pki/ca.key", "a key", 0600);
    host_.add_file("/etc/kubernetes/pki/apiserver.crt", "for 10.0.0.1");
    host_.add_file("/var/lib/kubelet/pki/kubelet-client-old.pem", "old", 0600);
    host_.add_file(k_current, "old", 0600);
    host_.set_tool("/usr/bin/systemctl", [this](MemoryHost& host, const ToolCall& call) {
      said_ += cat(call.argv.at(1), " ", call.argv.at(2), "\n");
      if (call.argv[1] == "start") host.write_file(k_current, "new", 0600);
      return ToolResult{};
    });
    host_.set_tool("/usr/local/bin/kubeadm", [this](MemoryHost& host, const ToolCall& call) {
      said_ += cat("kubeadm ", join(std::vector<std::string>(call.argv.begin() + 1, call.argv.end()), " "), "\n");
      if (call.argv.size() > 3 && call.argv[3] == "control-plane")
        host.write_file("/etc/kubernetes/manifests/kube-apiserver.yaml", "    - --advertise-address=10.0.0.9\n");
      return ToolResult{};
    });
    host_.set_tool("/usr/local/bin/kubectl", [this](MemoryHost&, const ToolCall& call) { return kubectl(call); });
  }
  ToolResult kubectl(const ToolCall& call) {
    const auto raw = std::find(call.argv.begin(), call.argv.end(), "--raw");
    const std::string url = raw == call.argv.end() ? "" : *(raw + 1);
    if (url.ends_with("/member/list")) return {0, false, R"({"members":[{"ID":"7","peerURLs":["https://10.0.0.1:2380"]}]})", ""};
    if (url.ends_with("/member/update")) said_ += cat("etcd ", call.input, "\n");
    if (call.argv.at(3) == "delete") said_ += cat("delete ", call.argv.at(5), "\n");
    if (call.argv.at(4) != "pods") return {0, false, "{}", ""};
    return {
        0, false,
        R"({"items":[{"metadata":{"name":"proxy","namespace":"kube-system","ownerReferences":[{"kind":"DaemonSet"}]},"spec":{"hostNetwork":true}},)"
        R"({"metadata":{"name":"etcd","ownerReferences":[{"kind":"Node"}]},"spec":{"hostNetwork":true}},)"
        R"({"metadata":{"name":"logs","ownerReferences":[{"kind":"DaemonSet"}]},"spec":{}}]})",
        ""};
  }

  MemoryHost host_;
  std::string said_;
  RunContext context_{.host = host_, .progress = silent_progress()};
  Step step_{"care", "", "", RemoveSpool{}};
  ActionScope scope_{step_, context_};
  KubeadmInit node_{.config = k_config};
};

TEST_F(NodeCare, RenewsByKubeadmAndLetsTheKubeletAskAnew) {
  renew_certificates("1.34.4", k_config, scope_);
  EXPECT_EQ(said_,
            "kubeadm certs renew all --config /etc/rootcellar/kubeadm.yaml\n"
            "stop kubelet.service\n"
            "kubeadm init phase kubeconfig kubelet --config /etc/rootcellar/kubeadm.yaml\n"
            "start kubelet.service\n"
            "kubeadm init phase kubelet-finalize all --config /etc/rootcellar/kubeadm.yaml\n");
  EXPECT_FALSE(host_.exists("/var/lib/kubelet/pki/kubelet-client-old.pem"));
  EXPECT_EQ(host_.read_file(k_current, 10), "new");
}

TEST_F(NodeCare, RenewsAsOldVersionsWantIt) {
  renew_certificates("1.17.17", k_config, scope_);
  EXPECT_TRUE(said_.starts_with("kubeadm alpha certs renew all --config")) << said_;
  EXPECT_EQ(said_.find("kubelet-finalize"), std::string::npos);
}

TEST_F(NodeCare, RenewsOnAMachineThatJoinedWithoutItsKubelet) {
  renew_certificates("1.34.4", "", scope_);
  EXPECT_EQ(said_, "kubeadm certs renew all\nstop kubelet.service\nstart kubelet.service\n");
}

TEST_F(NodeCare, SaysWhenTheKubeletGetsNoCertificate) {
  host_.set_tool("/usr/bin/systemctl", [](MemoryHost&, const ToolCall&) { return ToolResult{}; });
  try {
    renew_certificates("1.34.4", k_config, scope_);
    FAIL();
  } catch (const SystemError& error) {
    EXPECT_EQ(error.message(), cat("cannot renew the kubelet's certificate: expected '", k_current, "', found none"));
    EXPECT_EQ(error.hint(), "look at the kubelet: journalctl -u kubelet");
  }
}

TEST_F(NodeCare, AWorkerHasNothingToRenewWith) {
  host_.remove("/etc/kubernetes/pki/ca.key");
  try {
    require_renewal_possible(host_);
    FAIL();
  } catch (const HostError& error) {
    EXPECT_EQ(error.message(), "cannot renew: this machine does not have the cluster's authority (/etc/kubernetes/pki/ca.key)");
    EXPECT_EQ(error.hint(), "the kubelet of a worker renews its certificate by itself; run it on the control-plane node");
  }
}

TEST_F(NodeCare, FollowsTheAddressOfTheConfiguration) {
  EXPECT_TRUE(address_has_changed(node_, host_));
  follow_address(node_, scope_);
  const std::string config = cat(" --config ", k_config, "\n");
  EXPECT_EQ(said_, cat("stop kubelet.service\n", "kubeadm init phase certs apiserver", config, "kubeadm init phase certs etcd-server",
                       config, "kubeadm init phase certs etcd-peer", config, "kubeadm init phase etcd local", config,
                       "kubeadm init phase control-plane all", config, "kubeadm init phase kubelet-start", config,
                       "start kubelet.service\n", "kubeadm init phase upload-config kubeadm", config,
                       R"(etcd {"ID":"7","peerURLs":["https://10.0.0.9:2380"]})", "\ndelete proxy\n"));
  EXPECT_FALSE(host_.exists("/etc/kubernetes/pki/apiserver.crt"));  // which the model of kubeadm does not make
  EXPECT_EQ(host_.read_file("/etc/kubernetes/kubelet.conf", 100), "    server: https://10.0.0.9:6443\n");
  EXPECT_EQ(host_.read_file("/etc/kubernetes/scheduler.conf", 100), "    server: https://10.0.0.9:6443\n");
  EXPECT_EQ(host_.read_file("/etc/kubernetes/admin.conf", 100), "    server: https://cluster.internal:6443\n");
  EXPECT_FALSE(address_has_changed(node_, host_));
}

/// Killed anywhere, the step is done again: the node is moved then, and never reset.
TEST_F(NodeCare, FollowsAnAddressAfterAStopAnywhere) {
  const MemoryTree before = host_.tree();
  const Step node{"init", "make the cluster", "", node_};
  std::size_t kills = 0;
  for (std::uint64_t call = 1;; ++call, ++kills) {
    for (const auto& [path, file] : before) {
      if (file.type == FileStatus::Type::file) host_.add_file(path, file.content, file.mode);
    }
    host_.add_file("/var/lib/rootcellar/cluster-node", "finished");
    said_.clear();
    FailingHost failing(host_, call, FailingHost::Failure::kill_after);
    RunContext context{.host = failing, .progress = silent_progress()};
    bool killed = false;
    try {
      do_step(node, context);
    } catch (const Killed&) {
      killed = true;
    }
    do_step(node, context_);
    EXPECT_EQ(said_.find("reset"), std::string::npos) << call;
    EXPECT_FALSE(address_has_changed(node_, host_)) << call;
    EXPECT_NE(said_.find("etcd {"), std::string::npos) << call;
    EXPECT_NE(said_.find("delete proxy"), std::string::npos) << call;
    EXPECT_EQ(host_.read_file("/var/lib/rootcellar/cluster-node", 20), "finished") << call;
    if (!killed) break;
  }
  EXPECT_GT(kills, 20u);
}

constexpr const char* k_named_config =
    "apiServer:\n  certSANs:\n    - cluster.internal\n    - one\n    - 10.0.0.1\n    - jobs.lab\n    - NOT.A.NAME\nkind: x\n";

TEST(ServerNames, AreThoseOfTheConfiguration) {
  EXPECT_EQ(names_in_config(k_named_config), (std::vector<std::string>{"cluster.internal", "one", "10.0.0.1", "jobs.lab", "NOT.A.NAME"}));
  EXPECT_EQ(names_in_config("kind: x\n"), std::vector<std::string>{});
  EXPECT_EQ(with_site_names(k_named_config, {"a.lab", "12"}),
            "apiServer:\n  certSANs:\n    - cluster.internal\n    - one\n    - \"10.0.0.1\"\n    - a.lab\n    - \"12\"\nkind: x\n");
  EXPECT_EQ(names_in_config(with_site_names(k_named_config, {"12"})).back(), "12");
}

/// By a kubeadm whose certificates are for what the sample is for, and for the names it was not asked about.
class ServerNamesOfANode : public NodeCare {
 protected:
  ServerNamesOfANode() {
    host_.add_file(k_config, "apiServer:\n  certSANs:\n    - cluster.internal\n    - 10.0.0.1\n    - UPPER\n");
    host_.add_file("/etc/kubernetes/manifests/kube-apiserver.yaml", "    - --advertise-address=10.0.0.1\n");
    host_.add_file(k_server, k_certificate);
  }
  static constexpr const char* k_server = "/etc/kubernetes/pki/apiserver.crt";
};

TEST_F(ServerNamesOfANode, HaveChangedWhenTheCertificateLacksOne) {
  EXPECT_FALSE(names_have_changed(node_, host_));
  host_.add_file(k_config, "apiServer:\n  certSANs:\n    - cluster.internal\n    - jobs.lab\n");
  EXPECT_TRUE(names_have_changed(node_, host_));
  KubeadmInit joined = node_;
  joined.join = true;
  EXPECT_FALSE(names_have_changed(joined, host_));
  EXPECT_TRUE(server_lacks_name("jobs.lab", host_));
  EXPECT_FALSE(server_lacks_name("fd00::1", host_));
}

TEST_F(ServerNamesOfANode, AreFollowedByKubeadm) {
  follow_names(node_, scope_);
  const std::string config = cat(" --config ", k_config, "\n");
  EXPECT_EQ(said_, cat("kubeadm init phase certs apiserver", config, "stop kubelet.service\nstart kubelet.service\n",
                       "kubeadm init phase upload-config kubeadm", config));
  EXPECT_FALSE(host_.exists(k_server));  // which the model of kubeadm does not make
}

TEST_F(ServerNamesOfANode, AreFollowedAfterAStopAnywhere) {
  const Step node{"init", "make the cluster", "", node_};
  std::size_t kills = 0;
  for (std::uint64_t call = 1;; ++call, ++kills) {
    host_.add_file(k_config, "apiServer:\n  certSANs:\n    - jobs.lab\n");
    host_.add_file(k_server, k_certificate);
    host_.add_file("/var/lib/rootcellar/cluster-node", "finished");
    said_.clear();
    FailingHost failing(host_, call, FailingHost::Failure::kill_after);
    RunContext context{.host = failing, .progress = silent_progress()};
    bool killed = false;
    try {
      do_step(node, context);
    } catch (const Killed&) {
      killed = true;
    }
    if (killed) do_step(node, context_);
    EXPECT_EQ(said_.find("reset"), std::string::npos) << call;
    EXPECT_NE(said_.find("upload-config"), std::string::npos) << call;
    EXPECT_EQ(host_.read_file("/var/lib/rootcellar/cluster-node", 20), "finished") << call;
    if (!killed) break;
  }
  EXPECT_GT(kills, 8u);
}

TEST(Address, IsReplacedAsAWhole) {
  EXPECT_EQ(replace_address("10.0.0.2 10.0.0.25 110.0.0.2 10.0.0.2:5000 x10.0.0.2/31 10.0.0.2.1", "10.0.0.2", "10.0.0.7"),
            "10.0.0.7 10.0.0.25 110.0.0.2 10.0.0.7:5000 x10.0.0.7/31 10.0.0.2.1");
  EXPECT_EQ(replace_address("", "10.0.0.2", "1.1.1.1"), "");
  EXPECT_EQ(replace_address("text", "", "1.1.1.1"), "text");
}

}  // namespace
}  // namespace rootcellar::test
