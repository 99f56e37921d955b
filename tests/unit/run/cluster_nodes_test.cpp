#include "installer/run/cluster_nodes.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"

namespace rootcellar::test {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* k_list = R"({"kind":"List","items":[
  {"metadata":{"name":"bench8","labels":{"rootcellar/role.db":"yes","disk":"slow"}},
   "status":{"conditions":[{"type":"MemoryPressure","status":"False"},
                           {"type":"Ready","status":"False","message":"container runtime network not ready"}]}},
  {"metadata":{"name":"bench7","labels":{"rootcellar/role.web":"yes","web":"yes","node-role.kubernetes.io/web":""}},
   "status":{"conditions":[{"type":"Ready","status":"True","message":"kubelet is posting ready status"}]}},
  {"metadata":{"name":"bench9"}}]})";

const std::vector<RoleLabels> k_roles = {{"web", "rootcellar/role.web=yes", {"web=yes", "node-role.kubernetes.io/web"}},
                                         {"db", "rootcellar/role.db=yes", {"disk=fast", "node-role.kubernetes.io/db="}},
                                         {"gpu", "rootcellar/role.gpu=yes", {"gpu=yes"}}};

std::string text_of(const std::vector<NodeLine>& lines) {
  std::string text;
  for (const NodeLine& line : lines)
    text += cat(line.node, line.good ? " good: " : " bad: ", line.state, " [", join(line.roles, ","), "] lacks [", join(line.missing, ","),
                "]\n");
  return text;
}

TEST(ClusterNodes, WhoIsThereWhoIsNotAndWhatIsMissing) {
  const std::vector<NodeLine> lines =
      node_lines(parse_nodes(parse_json(k_list, "nodes")), k_roles, {{"bench7", {"web"}}, {"rack2", {"gpu"}}, {"rack3", {}}});
  EXPECT_EQ(text_of(lines),
            "bench7 good: ready [web] lacks []\n"
            "bench8 bad: not ready: container runtime network not ready [db] lacks [disk=fast,node-role.kubernetes.io/db=]\n"
            "bench9 bad: not ready: its kubelet has said nothing yet [] lacks []\n"
            "rack2 good: has not joined [gpu] lacks []\n"
            "rack3 good: has not joined [] lacks []\n");
  EXPECT_EQ(label_command(lines[1]), "kubectl label node bench8 disk=fast node-role.kubernetes.io/db= --overwrite");
  EXPECT_EQ(roles_nobody_has(lines, k_roles), Texts{});
  EXPECT_EQ(roles_nobody_has({lines[0], lines[1]}, k_roles), Texts{"gpu"});
}

TEST(ClusterNodes, NoneIsNone) { EXPECT_EQ(text_of(node_lines(parse_nodes(JsonValue()), k_roles, {})), ""); }

}  // namespace
}  // namespace rootcellar::test
