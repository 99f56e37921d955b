// Asking the site's registry, cluster and nameservers.
#include "installer/plan/existing_facts.h"

#include <gtest/gtest.h>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/support/memory_host.h"

namespace rootcellar {
namespace {

using Texts = std::vector<std::string>;

class ExistingSite : public ::testing::Test {
 protected:
  ExistingFacts ask() { return read_existing_facts(host_, answers_, questions_); }
  SiteRegistryFacts ask_registry() { return ask().registry.value(); }
  SiteClusterFacts ask_cluster() { return ask().cluster.value(); }

  void answer_by_http(int status, const std::string& challenge = {}) {
    host_.set_server([=, this](MemoryHost&, const std::string& url) {
      urls_.push_back(url);
      HttpReply reply{.status = status, .body = {}, .headers = {}};
      if (!challenge.empty()) reply.headers.emplace_back("www-authenticate", challenge);
      return reply;
    });
  }

  MemoryHost host_;
  ExistingAnswers answers_;
  ExistingQuestions questions_{.hosts = {{"registry.lab", "192.0.2.5"}}, .spaces = {"lab"}, .architecture = "amd64", .kubectl = {}};
  Texts urls_;
};

TEST_F(ExistingSite, ARegistryIsAskedByItsNumberAndOnceMoreWithTheAccount) {
  host_.add_file("/root/password", "secret\n");
  answers_.registry = ExistingRegistry{"registry.lab:5000", "", "lab", "/root/password"};
  answer_by_http(401, "Basic realm=\"lab\"");
  const SiteRegistryFacts facts = ask_registry();
  EXPECT_TRUE(facts.asked);
  EXPECT_EQ(facts.status, 401);
  EXPECT_EQ(facts.challenge, "Basic realm=\"lab\"");
  EXPECT_EQ(facts.account_status, 401);
  EXPECT_EQ(urls_, (Texts{"http://192.0.2.5:5000/v2/", "http://192.0.2.5:5000/v2/"}));
}

TEST_F(ExistingSite, ARegistryWhoseNameNobodyKnowsIsNotAsked) {
  answers_.registry = ExistingRegistry{"images.lab:5000", "", "", ""};
  EXPECT_FALSE(ask_registry().asked);
}

TEST_F(ExistingSite, ASilentRegistryWithAndWithoutTls) {
  host_.add_file("/root/ca.crt", "a certificate\n");
  for (const char* ca : {"", "/root/ca.crt"}) {
    answers_.registry = ExistingRegistry{"192.0.2.5:5000", ca, "", ""};
    EXPECT_EQ(ask_registry().silent, "Connection refused");
  }
  host_.set_server([](MemoryHost&, const std::string&) { return HttpReply{.status = 0, .body = "no answer of HTTP", .headers = {}}; });
  EXPECT_EQ(ask_registry().silent, "") << "who speaks TLS is there";
  EXPECT_EQ(ask_registry().ca, "a certificate\n");
}

TEST_F(ExistingSite, FilesThatAreNotThere) {
  answers_.registry = ExistingRegistry{"192.0.2.5:5000", "/root/ca.crt", "lab", "/root/password"};
  answers_.cluster = ExistingCluster{"/root/kubeconfig", ""};
  EXPECT_EQ(ask_registry().file_faults, (Texts{"'existing.registry.ca' names '/root/ca.crt', and there is no such file",
                                               "'existing.registry.password_file' names '/root/password', and there is no such file"}));
  EXPECT_EQ(ask_cluster().file_faults, Texts{"'existing.cluster.kubeconfig' names '/root/kubeconfig', and there is no such file"});
}

TEST_F(ExistingSite, WhatIsKeptOfAStickThatIsGoneWillDo) {
  host_.add_file("/etc/rootcellar/kubeconfig", "clusters:\n- cluster:\n    server: https://10.0.0.1:6443\n");
  answers_.cluster = ExistingCluster{"/media/stick/kubeconfig", "lab"};
  Texts asked;
  questions_.kubectl = [&](std::vector<std::string> arguments) {
    asked.push_back(join(arguments, " "));
    return ToolResult{.exit_code = 1, .timed_out = false, .output = {}, .error_output = "refused"};
  };
  EXPECT_EQ(ask_cluster().silent, "exit status 1: refused");
  EXPECT_EQ(asked, Texts{"version --output json --kubeconfig /etc/rootcellar/kubeconfig --request-timeout=10s"});
}

TEST_F(ExistingSite, AClusterSaysItsVersionItsNodesAndWhatTheKeyMayDo) {
  host_.add_file("/root/kubeconfig", "clusters:\n- cluster:\n    server: https://10.0.0.1:6443\n");
  answers_.cluster = ExistingCluster{"/root/kubeconfig", "lab"};
  bool everything = true, deaf = false;
  questions_.kubectl = [&](const std::vector<std::string>& arguments) {
    const std::string text = join(arguments, " ");
    std::string out;
    if (text.starts_with("version")) out = R"({"serverVersion":{"gitVersion":"v1.34.4+k3s1"}})";
    if (text.starts_with("auth can-i * * --all")) out = everything ? "yes\n" : "no\n";
    if (text.starts_with("auth can-i") && out.empty()) out = text.starts_with("auth can-i create") ? "yes\n" : "no\n";
    if (text.starts_with("auth") && deaf) out.clear();
    if (text.starts_with("get nodes"))
      out =
          R"({"items":[{"metadata":{"name":"a"},"status":{"nodeInfo":{"architecture":"arm64"},"conditions":[{"type":"Ready","status":"True"}]}},)"
          R"({"metadata":{"name":"b"},"status":{"nodeInfo":{"architecture":"amd64"},"conditions":[{"type":"Ready","status":"Unknown"}]}}]})";
    EXPECT_NE(text.find(" --kubeconfig /root/kubeconfig --context lab --request-timeout=10s"), text.npos) << text;
    return ToolResult{.exit_code = 0, .timed_out = false, .output = out, .error_output = {}};
  };
  const SiteClusterFacts facts = ask_cluster();
  EXPECT_EQ(facts.version, "v1.34.4+k3s1");
  EXPECT_EQ(facts.ready, Texts{"a"});
  EXPECT_EQ(facts.not_ready, Texts{"b"});
  EXPECT_EQ(facts.other, (std::map<std::string, std::string>{{"a", "arm64"}}));
  EXPECT_EQ(facts.denied, Texts{});
  everything = false;
  EXPECT_EQ(ask_cluster().silent, "");
  EXPECT_EQ(ask_cluster().denied, (Texts{"list nodes", "delete namespaces", "everything in namespace 'lab'"}));
  deaf = true;
  EXPECT_EQ(ask_cluster().silent, "exit status 0");
}

TEST_F(ExistingSite, AKubectlOnAVolumeThatIsNotThere) {
  host_.add_file("/root/kubeconfig", "clusters:\n- cluster:\n    server: https://10.0.0.1:6443\n");
  answers_.cluster = ExistingCluster{"/root/kubeconfig", ""};
  questions_.kubectl = [](const std::vector<std::string>&) -> ToolResult { throw InputError("cannot find volume 2 of 'lab' (of 2)"); };
  EXPECT_EQ(ask_cluster().unasked, "cannot find volume 2 of 'lab' (of 2)");
}

TEST_F(ExistingSite, NameserversThatDoNotAnswer) {
  answers_.nameservers = {"192.0.2.53", "192.0.2.54"};
  host_.set_nameserver("192.0.2.53", "");
  EXPECT_EQ(ask().silent_nameservers, (std::map<std::string, std::string>{{"192.0.2.54", "Connection refused"}}));
}

TEST(Kubeconfig, MustBeWhole) {
  EXPECT_EQ(kubeconfig_fault("clusters:\n- cluster:\n    certificate-authority-data: QQ==\n    server: https://10.0.0.1:6443\n"), "");
  EXPECT_EQ(kubeconfig_fault("- cluster:\n    server: x\n    certificate-authority: ca.crt\n"),
            "names another file (certificate-authority): make it whole with 'kubectl config view --raw --flatten --minify'");
  EXPECT_EQ(kubeconfig_fault("    server: x\n- name: me\n  user:\n    exec:\n      command: aws\n"),
            "names a program that fetches the key (exec): give one with a key or a token in it");
  EXPECT_EQ(kubeconfig_fault("hello\n"),
            "says of no server: it is no kubeconfig as kubectl writes it; make it whole with 'kubectl config view "
            "--raw --flatten --minify'");
}

}  // namespace
}  // namespace rootcellar
