// Files that answers name: read before anything is written, kept for root only, refused when they cannot be taken in.
#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "installer/plan/answered_files.h"
#include "tests/unit/commands_installer/rack_fixture.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_node_pods =
    R"({"items":[{"metadata":{"name":"kube-proxy-a","ownerReferences":[{"kind":"DaemonSet"}]},"status":{"phase":"Running",)"
    R"("conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2020-01-01T00:00:00Z"}]}}]})";

class AnsweredFiles : public ::testing::Test {
 protected:
  AnsweredFiles() {
    Deployment notice{.name = "notice", .kind = "manifest"};
    notice.text = "kind: ConfigMap\nmetadata:\n  name: notice\ndata:\n  text: ${answers.notice|file|json}\n";
    stick_ = rack_.make_stick("noticed", notice);
    write_file_atomically(rack_.path("answers.yaml"), "cluster:\n  roles: [web, db]\nvalues:\n  notice: notice.txt\n");
  }
  cli::Captured run(const std::string& verb) {
    std::vector<std::string> words{verb, stick_, "--trust", rack_.bundle_key(), "--answers", rack_.path("answers.yaml")};
    if (verb == "install") words.emplace_back("--yes");
    return rack_.first().run(words);
  }

  Rack rack_;
  std::string stick_;
};

TEST_F(AnsweredFiles, AreReadOnceAndKept) {
  rack_.first().host().add_file(rack_.path("notice.txt"), "mind the step\n");
  std::string applied;
  rack_.first().host().set_tool("/usr/local/bin/kubectl", [&](MemoryHost&, const ToolCall& call) {
    if (call.input.find("name: notice") != std::string::npos) applied = call.input;
    if (join(call.argv, " ").find("\"Ready\"") != std::string::npos) return ToolResult{.output = "True"};
    if (join(call.argv, " ").find("spec.nodeName=") != std::string::npos) return ToolResult{.output = k_node_pods};
    return ToolResult{.output = R"({"kind":"Deployment","metadata":{"generation":1},"spec":{"replicas":1},"status":)"
                                R"({"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1}})"};
  });
  const auto ran = run("install");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(applied, "---\nkind: ConfigMap\nmetadata:\n  name: notice\ndata:\n  text: \"mind the step\\n\"\n");
  const std::string kept = "/var/lib/rootcellar/secrets/_file.notice";
  EXPECT_EQ(rack_.first().file(kept), "mind the step\n");
  EXPECT_EQ(rack_.first().host().status(kept)->mode, 0600u);
  EXPECT_NE(rack_.first().file("/etc/rootcellar/answers.yaml").find(cat("notice: ", rack_.path("notice.txt"))), std::string::npos);
  EXPECT_EQ(rack_.first().file("/var/lib/rootcellar/journal").find("mind the step"), std::string::npos);
}

TEST_F(AnsweredFiles, AreRefusedBeforeAnythingIsWritten) {
  const std::string refused = cat("the answer 'notice' names the file '", rack_.path("notice.txt"), "', which cannot be taken in: ");
  const auto none = run("install");
  EXPECT_NE(none.err.find(cat(refused, "it is not there")), std::string::npos) << none.err;
  rack_.first().host().add_file(rack_.path("notice.txt"), std::string(k_answered_file_limit + 1, 'a'));
  const auto large = run("install");
  EXPECT_NE(large.err.find(refused), std::string::npos) << large.err;
  EXPECT_FALSE(rack_.first().host().exists("/var/lib/rootcellar/journal"));
  rack_.first().host().add_file(rack_.path("notice.txt"), std::string(k_answered_file_limit, 'a'));
  EXPECT_EQ(run("plan").exit_code, 0);
}

}  // namespace
}  // namespace rootcellar::test
