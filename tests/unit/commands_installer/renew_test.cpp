// `renew` with other answers: the API server's names on an installed cluster.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/unit/commands_installer/rack_fixture.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_config = "/etc/rootcellar/kubeadm.yaml";

class Renew : public ::testing::Test {
 protected:
  Renew() {
    EXPECT_EQ(rack_.install_first().exit_code, 0);
    MemoryHost& host = rack_.first().host();
    host.add_file("/etc/kubernetes/pki/ca.key", "a key", 0600);
    host.set_tool("/usr/local/bin/kubeadm", [](MemoryHost&, const ToolCall&) { return ToolResult{}; });
    host.set_tool("/usr/local/bin/kubectl", [](MemoryHost& machine, const ToolCall&) {
      machine.add_file("/var/lib/kubelet/pki/kubelet-client-current.pem", "asked for by the kubelet once the API server answers", 0600);
      return ToolResult{.output = "ok"};
    });
  }
  /// The kept answers with `names` as cert_sans, and `more` below them.
  std::string answers(const std::string& names, const std::string& more = {}) {
    std::string text = rack_.first().file("/etc/rootcellar/answers.yaml");
    const std::size_t at = text.find("cluster:\n");
    if (at == text.npos)
      text += cat("cluster:\n  cert_sans: [", names, "]\n");
    else
      text.insert(at + 9, cat("  cert_sans: [", names, "]\n"));
    rack_.first().host().add_file("/root/answers.yaml", text + more);
    return "/root/answers.yaml";
  }
  cli::Captured renew(const std::string& file) { return rack_.first().run({"renew", "--answers", file, "--yes"}); }

  Rack rack_;
};

TEST_F(Renew, GivesTheApiServerOtherNames) {
  const auto ran = renew(answers("jobs.lab"));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_TRUE(
      ran.out.starts_with("The API server gets the names that the answers say. What says them is changed first:\n"
                          "  - write /etc/rootcellar/kubeadm.yaml\n  - make the cluster\n"))
      << ran.out;
  EXPECT_NE(rack_.first().file(k_config).find("    - jobs.lab\n"), std::string::npos) << rack_.first().file(k_config);
  EXPECT_NE(rack_.first().file("/etc/rootcellar/answers.yaml").find("jobs.lab"), std::string::npos);
  const auto again = renew("/etc/rootcellar/answers.yaml");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(again.out.starts_with("Makes every certificate of this node anew")) << again.out;
}

TEST_F(Renew, RefusesAnswersThatSayMore) {
  const auto ran = renew(answers("jobs.lab", "values:\n  other: x\n"));
  EXPECT_EQ(ran.err,
            "error: '/root/answers.yaml' changes more than the names of the API server\n"
            "hint: here only 'cert_sans' below 'cluster' may differ from /etc/rootcellar/answers.yaml; begin with a copy of that file\n");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(renew("/root/none.yaml").err, "error: cannot read '/root/none.yaml': it is not there\n");
}

}  // namespace
}  // namespace rootcellar::test
