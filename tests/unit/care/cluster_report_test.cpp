#include "installer/care/cluster_report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/text.h"
#include "tests/support/memory_host.h"
#include "tests/support/proc_texts.h"
#include "tests/unit/care/sample_certificate.h"

namespace rootcellar::test {
namespace {

constexpr std::int64_t k_day = 86400;
constexpr const char* k_pods =
    R"({"items":[{"metadata":{"name":"try-1","namespace":"lab","ownerReferences":[{"uid":"7"}]},"status":{"phase":"Failed","reason":"Error"}},)"
    R"({"metadata":{"name":"try-2","namespace":"lab","ownerReferences":[{"uid":"7"}]},"status":{"phase":"Succeeded"}},)"
    R"({"metadata":{"name":"db","namespace":"lab"},"status":{"phase":"Pending"}}]})";
constexpr const char* k_events =
    R"({"items":[{"type":"Warning","reason":"FailedMount","message":"no such volume","involvedObject":{"kind":"Pod","name":"db"}}]})";

KubeadmInit node(const std::string& config, bool join) {
  KubeadmInit action;
  action.config = config;
  action.join = join;
  return action;
}

class Report : public ::testing::Test {
 protected:
  Report() {
    host_.add_file("/proc/net/fib_trie", fib_trie({"10.0.0.1"}));
    host_.add_file("/etc/kubernetes/admin.conf", "a kubeconfig");
    host_.add_file("/etc/kubernetes/pki/apiserver.crt", k_certificate);
    host_.add_file("/usr/local/bin/helm", "a program", 0755);
    host_.set_tool("/usr/local/bin/helm", [](MemoryHost&, const ToolCall&) {
      return ToolResult{0, false, R"([{"name":"web","namespace":"lab","chart":"web-1.0","status":"failed"}])", ""};
    });
    host_.set_tool("/usr/local/bin/kubectl", [](MemoryHost&, const ToolCall& call) {
      const std::string& what = call.argv.at(4);
      return ToolResult{0, false, what == "pods" ? k_pods : k_events, ""};
    });
  }
  ClusterReport report() {
    const auto found = cluster_report(steps_, context_);
    EXPECT_TRUE(found);
    return found.value_or(ClusterReport());
  }
  std::string text(std::int64_t now) { return report_text(report(), now); }

  MemoryHost host_;
  RunContext context_{.host = host_, .progress = silent_progress()};
  std::vector<Step> steps_ = {{"config", "", "", WriteFile{"/etc/rootcellar/kubeadm.yaml", "x:\n  advertiseAddress: 10.0.0.1\n", 0600, {}}},
                              {"init", "", "", node("/etc/rootcellar/kubeadm.yaml", false)}};
};

TEST_F(Report, ShowsReleasesCertificatesAndWhatIsNotWell) {
  EXPECT_EQ(text(k_certificate_end - 40 * k_day),
            "\n"
            "release  namespace  chart    state\n"
            "web      lab        web-1.0  failed\n"
            "\n"
            "certificate                        good until            that is\n"
            "/etc/kubernetes/admin.conf         ?                     cannot be read\n"
            "/etc/kubernetes/pki/apiserver.crt  2027-11-25T10:48:32Z  40 days\n"
            "\n"
            "not well:\n"
            "  lab: pod db: FailedMount: no such volume\n");
}

TEST_F(Report, SaysWhatGrowsOld) {
  const auto line = [&](std::int64_t now) {
    const std::string whole = text(now);
    const std::size_t at = whole.find("/etc/kubernetes/pki/apiserver.crt");
    return whole.substr(at, whole.find('\n', at) - at);
  };
  EXPECT_EQ(line(k_certificate_end - 29 * k_day),
            "/etc/kubernetes/pki/apiserver.crt  2027-11-25T10:48:32Z  29 days: run 'rootcellar-install renew' before");
  EXPECT_EQ(line(k_certificate_end), "/etc/kubernetes/pki/apiserver.crt  2027-11-25T10:48:32Z  expired: run 'rootcellar-install renew'");
}

TEST_F(Report, IsOneLineWhereTheClusterDoesNotAnswer) {
  host_.set_tool("/usr/local/bin/kubectl", [](MemoryHost&, const ToolCall&) { return ToolResult{1, false, "", "connection refused"}; });
  const ClusterReport silent = report();
  EXPECT_EQ(silent.silent, "cannot ask the cluster: exit status 1: connection refused");
  EXPECT_TRUE(report_text(silent, 0).starts_with(
      "\nthe cluster does not answer: cannot ask the cluster: exit status 1: connection refused\n\ncertificate"));
  EXPECT_FALSE(is_good(silent, 0));
  EXPECT_EQ(std::count_if(host_.calls().begin(), host_.calls().end(), [](const auto& argv) { return argv[0] == "/usr/local/bin/kubectl"; }),
            1);
}

TEST_F(Report, SaysWhichAddressIsGone) {
  host_.add_file("/proc/net/fib_trie", fib_trie({"10.0.0.9"}));
  EXPECT_NE(
      text(0).find("\nthis machine was 10.0.0.1 when the cluster was made, and is 10.0.0.9 now: run 'rootcellar-install readdress'\n"),
      std::string::npos);
  EXPECT_EQ(report_json(report()).text("lost_address"), "10.0.0.1");
}

TEST_F(Report, SaysWhenTheMachineHasNoAddress) {
  host_.add_file("/proc/net/fib_trie", fib_trie({"127.0.0.1"}));
  EXPECT_NE(
      text(0).find("\nthis machine was 10.0.0.1 when the cluster was made, and is at no network now: run 'rootcellar-install readdress'\n"),
      std::string::npos);
}

TEST_F(Report, IsNothingOnAMachineThatIsNoNode) { EXPECT_FALSE(cluster_report({}, context_)); }

TEST(AddressInPlan, OfANodeThatJoined) {
  const auto address = [](const std::string& config) {
    return address_in_plan({{"config", "", "", WriteFile{"/c", config, 0600, {}}}, {"join", "", "", node("/c", true)}});
  };
  EXPECT_EQ(address("  kubeletExtraArgs:\n    - name: node-ip\n      value: 10.0.0.2\n"), "10.0.0.2");
  EXPECT_EQ(address("  kubeletExtraArgs:\n    node-ip: 10.0.0.3\n"), "10.0.0.3");
  EXPECT_EQ(address("kind: nothing\n"), "");
}

}  // namespace
}  // namespace rootcellar::test
