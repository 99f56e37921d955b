// The file by which another host uses the cluster: its two forms, and what an export makes, finds changed and takes back.
#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/access_file.h"
#include "installer/run/actions/actions.h"
#include "installer/run/cluster_status.h"
#include "tests/unit/care/sample_certificate.h"
#include "tests/unit/run/cluster_machine.h"
#include "tests/unit/run/fake_state.h"

namespace rootcellar::test {
namespace {

const Access k_access{"one", "jobs", "jobs.lab", 6443, "head.body.tail", "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"};

TEST(AccessFile, IsValuesForTator) {
  EXPECT_EQ(access_file(k_access, "tator"),
            "# Made on 'one' by rootcellar-install: give it to 'helm upgrade' of Tator with --values.\n"
            "# Whoever has it may do what the account may do: keep it secret.\n"
            "remoteTranscodes:\n"
            "  enabled: true\n"
            "  host: \"jobs.lab\"\n"
            "  port: \"6443\"\n"
            "  token: \"Bearer head.body.tail\"\n"
            "  cert: |\n"
            "    -----BEGIN CERTIFICATE-----\n"
            "    QQ==\n"
            "    -----END CERTIFICATE-----\n");
}

TEST(AccessFile, IsAKubeconfig) {
  EXPECT_EQ(access_file(k_access, "kubeconfig"),
            "# Made on 'one' by rootcellar-install: give it to kubectl with --kubeconfig.\n"
            "# Whoever has it may do what the account may do: keep it secret.\n"
            "apiVersion: v1\n"
            "kind: Config\n"
            "clusters:\n"
            "- name: cluster\n"
            "  cluster:\n"
            "    server: \"https://jobs.lab:6443\"\n"
            "    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClFRPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=\n"
            "users:\n"
            "- name: account\n"
            "  user:\n"
            "    token: \"head.body.tail\"\n"
            "contexts:\n"
            "- name: cluster\n"
            "  context:\n"
            "    cluster: cluster\n"
            "    user: account\n"
            "    namespace: \"jobs\"\n"
            "current-context: cluster\n");
}

TEST(AccessFile, NamesTheServerOfASitesKubeconfig) {
  EXPECT_EQ(parse_server_url("https://192.0.2.9:6443"), (ServerPlace{"192.0.2.9", 6443}));
  EXPECT_EQ(parse_server_url("https://api.lab/k8s/clusters/one"), (ServerPlace{"api.lab", 443}));
  EXPECT_EQ(parse_server_url("https://[2001:db8::1]:8443"), (ServerPlace{"[2001:db8::1]", 8443}));
  EXPECT_EQ(parse_server_url("https://[2001:db8::1]"), (ServerPlace{"[2001:db8::1]", 443}));
  for (const char* url : {"", "http://api.lab:6443", "https://", "https://:6443", "https://api.lab:", "https://api.lab:70000"}) {
    EXPECT_EQ(parse_server_url(url), std::nullopt) << url;
  }
}

class Exports : public ::testing::Test {
 protected:
  Exports() {
    set_up_cluster_machine(host_);
    install(host_, bundle_, cluster_plan());
    for (const Step& step : cluster_plan()) {
      if (step.id == "export") step_ = step;
    }
  }
  std::string fault() { return cluster_step_fault(step_, context_); }
  Lines objects() {
    Lines found;
    for (const std::string& line : read_lines(host_, k_objects)) {
      if (line.starts_with("jobs ")) found.insert(line);
    }
    return found;
  }

  TemporaryDirectory directory_{"rc-export"};
  Bundle bundle_ = cluster_bundle(directory_.path());
  MemoryHost host_;
  RunContext context_{.host = host_, .bundle = &bundle_, .progress = silent_progress()};
  Step step_{"", "", "", RemoveSpool{}};
  const std::string path_ = "/srv/tator/remote.yaml";
};

TEST_F(Exports, MakeAnAccountWithItsRolesAndATokenOfItsOwn) {
  EXPECT_EQ(objects(), (Lines{"jobs rolebinding/rootcellar.tator.clusterrole.admin", "jobs rolebinding/rootcellar.tator.role.reader",
                              "jobs secret/rootcellar.tator.remote", "jobs serviceaccount/remote"}));
  EXPECT_EQ(host_.read_file(cat(k_kept, "/jobs.secret.rootcellar.tator.remote"), 4096),
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"rootcellar.tator.remote","namespace":"jobs",)"
            R"("labels":{"rootcellar/export":"tator"},"annotations":{"kubernetes.io/service-account.name":"remote"}},)"
            R"("type":"kubernetes.io/service-account-token"})");
  EXPECT_EQ(host_.read_file(cat(k_kept, "/jobs.rolebinding.rootcellar.tator.clusterrole.admin"), 4096),
            R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{)"
            R"("name":"rootcellar.tator.clusterrole.admin","namespace":"jobs","labels":{"rootcellar/export":"tator"}},)"
            R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"admin"},)"
            R"("subjects":[{"kind":"ServiceAccount","name":"remote","namespace":"jobs"}]})");
  EXPECT_EQ(host_.status(path_)->mode, 0600u);
  EXPECT_NE(host_.read_file(path_, 4096)->find("  token: \"Bearer token.of.jobs\"\n"), std::string::npos);
  EXPECT_EQ(fault(), "");
}

TEST_F(Exports, TheTokenIsInTheFileAlone) {
  for (const auto& [path, node] : host_.tree())
    EXPECT_TRUE(path == path_ || node.content.find("token.of.jobs") == std::string::npos) << path;
  for (const auto& argv : host_.calls()) EXPECT_EQ(join(argv, " ").find("token.of.jobs"), std::string::npos);
}

TEST_F(Exports, StatusSaysWhyTheFileIsOfNoUse) {
  const std::string file = *host_.read_file(path_, 4096);
  host_.write_file(path_, file + "#", 0600);
  EXPECT_EQ(fault(),
            "'/srv/tator/remote.yaml' is older than the token or the authority it names; 'rootcellar-install renew' writes it anew");
  EXPECT_EQ(probe_step(step_, context_), ProbeResult::needed);
  host_.write_file(path_, file, 0644);
  EXPECT_EQ(fault(), "'/srv/tator/remote.yaml' can be read by others than root");
  host_.remove(path_);
  EXPECT_EQ(fault(), "'/srv/tator/remote.yaml' is not there");
  do_step(step_, context_);
  EXPECT_EQ(host_.read_file(path_, 4096), file);
  host_.add_file("/etc/kubernetes/pki/apiserver.crt", k_certificate);
  EXPECT_EQ(fault(), "the API server's certificate is not for 'jobs.lab'");
  host_.remove(cat(k_kept, "/jobs.secret.rootcellar.tator.remote"));
  set_member(host_, k_objects, "jobs secret/rootcellar.tator.remote", false);
  EXPECT_EQ(fault(), "the cluster does not have the token 'rootcellar.tator.remote' any more");
}

TEST_F(Exports, ANextOneTakesAwayWhatItGivesNoMore) {
  std::get<ExportAccess>(step_.action).cluster_roles.clear();
  std::get<ExportAccess>(step_.action).account = "other";
  do_step(step_, context_);
  EXPECT_EQ(objects(), (Lines{"jobs rolebinding/rootcellar.tator.role.reader", "jobs secret/rootcellar.tator.other",
                              "jobs serviceaccount/other", "jobs serviceaccount/remote"}));
}

}  // namespace
}  // namespace rootcellar::test
