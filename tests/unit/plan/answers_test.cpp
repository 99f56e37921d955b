#include "installer/plan/answers.h"

#include <gtest/gtest.h>

#include "bundle/base/text.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::error_of;

std::string faults_of(const std::string& text) {
  return error_of([&] { parse_answers(text, "answers.yaml"); });
}

TEST(Answers, NothingAnsweredIsFine) {
  EXPECT_FALSE(parse_answers("", "answers.yaml").storage_root);
  EXPECT_FALSE(parse_answers("{}\n", "answers.yaml").registry_listen);
}

TEST(Answers, AreReadAndWrittenAgain) {
  const std::string text =
      "storage:\n  root: /srv/data\nregistry:\n  listen: 0.0.0.0:5000\nruntime:\n  insecure_registries:\n    - registry.site:5000\n    - "
      "192.0.2.0/24\n";
  const Answers answers = parse_answers(text, "answers.yaml");
  EXPECT_EQ(answers.storage_root, "/srv/data");
  EXPECT_EQ(answers.registry_listen, "0.0.0.0:5000");
  EXPECT_EQ(answers.insecure_registries, (std::vector<std::string>{"registry.site:5000", "192.0.2.0/24"}));
  EXPECT_EQ(encode_answers(parse_answers(encode_answers(answers), "again")), encode_answers(answers));
  EXPECT_EQ(encode_answers(parse_answers(encode_answers({}), "again")), encode_answers({}));
}

TEST(Answers, OfAClock) {
  EXPECT_EQ(parse_answers("", "answers.yaml").correct_clock, std::nullopt);
  for (const bool truth : {true, false}) {
    const Answers answers = parse_answers(cat("clock:\n  correct: ", truth ? "true" : "false", "\n"), "answers.yaml");
    EXPECT_EQ(answers.correct_clock, truth);
    EXPECT_EQ(parse_answers(encode_answers(answers), "again").correct_clock, truth);
  }
}

TEST(Answers, EveryFaultIsShownAtOnce) {
  EXPECT_EQ(
      faults_of("storage:\n  root: data/../x\nregistry:\n  listen: localhost:5000\nruntime:\n  insecure_registries:\n    - http://x/y\n"),
      "error: answers.yaml:2:9: 'storage.root' is not the absolute path of a directory\n"
      "    root: data/../x\n"
      "          ^\n"
      "hint: give a path like /srv/appliance, without '..' and without spaces\n"
      "error: answers.yaml:4:11: 'registry.listen' is not a numeric address and a port\n"
      "    listen: localhost:5000\n"
      "            ^\n"
      "hint: give ADDRESS:PORT, for example 127.0.0.1:5000 or 0.0.0.0:5000\n"
      "error: answers.yaml:7:7: expected HOST:PORT or a network like 192.0.2.0/24\n"
      "      - http://x/y\n"
      "        ^\n"
      "hint: leave out 'http://' and any path\n");
}

TEST(Answers, OfNfs) {
  const std::string text =
      "nfs:\n  network: 192.0.2.0/24\nexisting:\n  nfs:\n    server: \"192.0.2.5\"\n    path: /export\n    paths:\n      media: /export/media\n";
  const Answers answers = parse_answers(text, "answers.yaml");
  EXPECT_EQ(answers.nfs_network, "192.0.2.0/24");
  EXPECT_EQ(answers.existing.nfs, (ExistingNfs{"192.0.2.5", "/export", {{"media", "/export/media"}}}));
  EXPECT_EQ(encode_answers(parse_answers(encode_answers(answers), "again")), text);
  EXPECT_EQ(faults_of("nfs:\n  network: 192.0.2.7/24\nexisting:\n  nfs:\n    server: nas.site\n    paths: {media: media}\n"),
            "error: answers.yaml:2:12: 'nfs.network' is not an IPv4 network\n"
            "    network: 192.0.2.7/24\n"
            "             ^\n"
            "hint: give the network's first address and its length, like 192.0.2.0/24\n"
            "error: answers.yaml:5:5: missing key 'path'\n"
            "      server: nas.site\n"
            "      ^\n"
            "error: answers.yaml:5:13: 'existing.nfs.server' is not a numeric IPv4 address\n"
            "      server: nas.site\n"
            "              ^\n"
            "hint: give an address like 192.0.2.5\n"
            "error: answers.yaml:6:20: 'existing.nfs.paths.media' is not the absolute path of a directory\n"
            "      paths: {media: media}\n"
            "                     ^\n"
            "hint: give a path like /srv/share, without '..' and without spaces\n");
}

TEST(Answers, OfACluster) {
  const std::string text =
      "cluster:\n  address: 192.0.2.10\n  roles: [webServer, dbServer]\n  endpoint: lab.site\n  pod_cidr: 10.20.0.0/16\n"
      "  service_cidr: 10.30.0.0/16\n  nameservers: [192.0.2.53]\n  cert_sans: [lab.example, 192.0.2.11]\nvalues:\n  domain: lab.example\n "
      " size: \"10\"\n  main.Host: "
      "|\n    a\n    b: c\n";
  const Answers answers = parse_answers(text, "answers.yaml");
  EXPECT_EQ(answers.cluster.address, "192.0.2.10");
  EXPECT_EQ(answers.cluster.roles, (std::vector<std::string>{"webServer", "dbServer"}));
  EXPECT_EQ(answers.cluster.endpoint, "lab.site");
  EXPECT_EQ(answers.cluster.pod_cidr, "10.20.0.0/16");
  EXPECT_EQ(answers.cluster.service_cidr, "10.30.0.0/16");
  EXPECT_EQ(answers.cluster.nameservers, std::vector<std::string>{"192.0.2.53"});
  EXPECT_EQ(answers.cluster.cert_sans, (std::vector<std::string>{"lab.example", "192.0.2.11"}));
  EXPECT_EQ(answers.values, (std::map<std::string, std::string>{{"domain", "lab.example"}, {"main.Host", "a\nb: c\n"}, {"size", "10"}}));
  const Answers again = parse_answers(encode_answers(answers), "again");
  EXPECT_EQ(again.cluster, answers.cluster);
  EXPECT_EQ(again.values, answers.values);
}

TEST(Answers, MachinesByName) {
  const Answers answers = parse_answers("cluster:\n  machines:\n    bench7: [webServer]\n    bench8: []\n", "answers.yaml");
  EXPECT_EQ(answers.cluster.machines, (std::map<std::string, std::vector<std::string>>{{"bench7", {"webServer"}}, {"bench8", {}}}));
  EXPECT_EQ(parse_answers(encode_answers(answers), "again").cluster, answers.cluster);
  EXPECT_EQ(faults_of("cluster:\n  machines:\n    Bench_7: [webServer]\n    bench8: dbServer\n"),
            "error: answers.yaml:3:14: 'Bench_7' is not a host name in small letters\n"
            "      Bench_7: [webServer]\n"
            "               ^\n"
            "error: answers.yaml:4:13: expected a list of roles\n"
            "      bench8: dbServer\n"
            "              ^\n"
            "hint: write '[]' for a machine without a role\n");
}

TEST(Answers, NoRoleIsAnAnswer) {
  const Answers answers = parse_answers("cluster:\n  roles: []\n", "answers.yaml");
  ASSERT_TRUE(answers.cluster.roles);
  EXPECT_EQ(parse_answers(encode_answers(answers), "again").cluster.roles, std::vector<std::string>{});
}

TEST(Answers, FaultsOfACluster) {
  EXPECT_EQ(faults_of("cluster:\n  address: 127.0.0.1\n  roles: webServer\n  endpoint: Lab_1\n  pod_cidr: 10.244.0.1/16\n"
                      "  cert_sans: [\"*.x\"]\nvalues:\n  a b: 1\n"),
            "error: answers.yaml:2:12: 'cluster.address' is not a numeric IPv4 address of a network\n"
            "    address: 127.0.0.1\n"
            "             ^\n"
            "hint: give an address like 192.0.2.10\n"
            "error: answers.yaml:3:10: expected a list of roles\n"
            "    roles: webServer\n"
            "           ^\n"
            "hint: write '[]' for a machine without a role\n"
            "error: answers.yaml:4:13: 'cluster.endpoint' is not a host name in small letters\n"
            "    endpoint: Lab_1\n"
            "              ^\n"
            "hint: give a name like cluster.internal\n"
            "error: answers.yaml:5:13: 'cluster.pod_cidr' is not an IPv4 network\n"
            "    pod_cidr: 10.244.0.1/16\n"
            "              ^\n"
            "hint: give the network's first address and its length, like 10.244.0.0/16\n"
            "error: answers.yaml:6:15: expected a host name in small letters or an IPv4 address\n"
            "    cert_sans: [\"*.x\"]\n"
            "                ^\n"
            "error: answers.yaml:8:8: '${answers.a b}' cannot be written, so nothing can ask for it\n"
            "    a b: 1\n"
            "         ^\n");
}

TEST(Answers, AnUnknownKeyIsAFault) {
  const std::string text = faults_of("storge:\n  root: /x\n");
  EXPECT_NE(text.find("answers.yaml:1:1: unknown key 'storge'"), std::string::npos) << text;
  EXPECT_NE(text.find("storage"), std::string::npos) << text;
}

}  // namespace
}  // namespace rootcellar
