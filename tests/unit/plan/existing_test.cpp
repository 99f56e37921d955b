// What the site has already, in answers and plans.
#include <gtest/gtest.h>

#include <algorithm>

#include "installer/plan/answers.h"
#include "installer/plan/plan.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using namespace test;
using Texts = std::vector<std::string>;

constexpr const char* k_answers =
    "existing:\n  registry:\n    address: registry.lab:5000\n    ca: /root/ca.crt\n    account: lab\n    password_file: /root/password\n"
    "  cluster:\n    kubeconfig: /root/kubeconfig\n    context: site\n  dns:\n    servers:\n      - 192.0.2.53\n";

Answers with_registry(Answers answers = sample_cluster_answers()) {
  answers.existing.registry = ExistingRegistry{"192.0.2.5:5000", "", "lab", "/root/password"};
  return answers;
}

Answers with_cluster() {
  Answers answers = with_registry({});
  answers.values = sample_cluster_answers().values;
  answers.existing.cluster = ExistingCluster{"/root/kubeconfig", ""};
  return answers;
}

Facts registry_facts() {
  Facts facts = sample_node_facts();
  facts.packages["skopeo"] = {"1.9.3", "installed", false};
  SiteRegistryFacts registry;
  registry.asked = true;
  registry.status = 401;
  registry.challenge = "Basic realm=\"lab\"";
  registry.account_status = 200;
  facts.existing.registry = registry;
  return facts;
}

Facts cluster_facts() {
  Facts facts = registry_facts();
  SiteClusterFacts cluster;
  cluster.asked = true;
  cluster.version = "v1.33.1";
  cluster.ready = {"one"};
  facts.existing.cluster = cluster;
  return facts;
}

Plan plan_of(const Facts& facts, const Answers& answers, const Index& index = sample_cluster_index()) {
  return make_plan(sample_header(), index, facts, answers);
}

const Step* step_of(const Plan& plan, const std::string& id) {
  const auto found = std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.id == id; });
  return found == plan.steps.end() ? nullptr : &*found;
}

TEST(ExistingAnswers, AreReadAndWrittenAgain) {
  const Answers answers = parse_answers(k_answers, "answers.yaml");
  EXPECT_EQ(answers.existing.registry, (ExistingRegistry{"registry.lab:5000", "/root/ca.crt", "lab", "/root/password"}));
  EXPECT_EQ(answers.existing.cluster, (ExistingCluster{"/root/kubeconfig", "site"}));
  EXPECT_EQ(answers.existing.nameservers, Texts{"192.0.2.53"});
  EXPECT_EQ(parse_answers(encode_answers(answers), "again").existing, answers.existing);
}

TEST(ExistingAnswers, EveryFaultIsShownAtOnce) {
  EXPECT_EQ(
      error_of([] {
        parse_answers(
            "existing:\n  registry: {address: 'https://x', ca: ca.crt, account: 'a b'}\n  cluster: {context: \"a\\\"b\"}\n"
            "  dns: {servers: [127.0.0.1]}\n",
            "answers.yaml");
      }),
      "error: answers.yaml:2:13: 'existing.registry' has one of 'account' and 'password_file' only\n"
      "    registry: {address: 'https://x', ca: ca.crt, account: 'a b'}\n              ^\n"
      "hint: give both, or none where it asks for no account\n"
      "error: answers.yaml:2:23: 'existing.registry.address' is not HOST:PORT\n"
      "    registry: {address: 'https://x', ca: ca.crt, account: 'a b'}\n                        ^\n"
      "hint: leave out 'https://' and any path\n"
      "error: answers.yaml:2:40: 'existing.registry.ca' is not the absolute path of a file\n"
      "    registry: {address: 'https://x', ca: ca.crt, account: 'a b'}\n                                         ^\n"
      "hint: it is copied by root, so a path from '/' on is needed\n"
      "error: answers.yaml:2:57: 'existing.registry.account' is not an account's name\n"
      "    registry: {address: 'https://x', ca: ca.crt, account: 'a b'}\n                                                          ^\n"
      "hint: without spaces and colons\n"
      "error: answers.yaml:3:12: missing key 'kubeconfig'\n    cluster: {context: \"a\\\"b\"}\n             ^\n"
      "error: answers.yaml:3:22: 'existing.cluster.context' is not the name of a context\n"
      "    cluster: {context: \"a\\\"b\"}\n                       ^\n"
      "error: answers.yaml:4:19: expected a nameserver's numeric IPv4 address\n    dns: {servers: [127.0.0.1]}\n                    ^\n"
      "hint: pods cannot ask this machine's loopback\n");
}

TEST(ExistingAnswers, NameserversAreSaidOnce) {
  EXPECT_EQ(
      error_of([] { parse_answers("cluster: {nameservers: [192.0.2.53]}\nexisting:\n  dns: {servers: [192.0.2.53]}\n", "answers.yaml"); }),
      "error: answers.yaml:3:3: 'existing.dns' and 'cluster.nameservers' both say whom pods ask\n"
      "    dns: {servers: [192.0.2.53]}\n    ^\nhint: keep one: of 'existing.dns' each server is asked first\n");
}

TEST(ExistingRegistry, IsPushedIntoAndAskedWithItsAccount) {
  const Plan plan = plan_of(registry_facts(), with_registry());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(step_of(plan, "registry-service"), nullptr);
  const auto& push = std::get<PushImages>(step_of(plan, "site-registry-images")->action);
  EXPECT_EQ(push.registry, "192.0.2.5:5000");
  EXPECT_FALSE(push.bare_names);
  EXPECT_EQ(std::get<WriteFilled>(step_of(plan, "mirror-docker-io")->action).text,
            "server = \"http://192.0.2.5:5000/v2/docker.io\"\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n\n"
            "[host.\"http://192.0.2.5:5000/v2/docker.io\"]\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n"
            "[host.\"http://192.0.2.5:5000/v2/docker.io\".header]\nAuthorization = [\"Basic ${secret.existing_registry|b64}\"]\n");
  EXPECT_NE(
      std::find(plan.cautions.begin(), plan.cautions.end(),
                "how much room the site's registry 192.0.2.5:5000 has is not known: up to 120.3 MB are pushed into it, and stay there"),
      plan.cautions.end())
      << ::testing::PrintToString(plan.cautions);
}

TEST(ExistingRegistry, ByTlsAndReadByAnybody) {
  Facts facts = registry_facts();
  facts.existing.registry->status = 200;
  facts.existing.registry->ca = "a certificate\n";
  Answers answers = with_registry();
  answers.existing.registry->ca = "/root/ca.crt";
  const Plan plan = plan_of(facts, answers);
  EXPECT_EQ(std::get<WriteFile>(step_of(plan, "mirror-docker-io")->action).content,
            "server = \"https://192.0.2.5:5000/v2/docker.io\"\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n"
            "ca = \"/etc/rootcellar/registry-ca/ca.crt\"\n\n[host.\"https://192.0.2.5:5000/v2/docker.io\"]\n"
            "capabilities = [\"pull\", \"resolve\"]\noverride_path = true\nca = \"/etc/rootcellar/registry-ca/ca.crt\"\n");
  EXPECT_EQ(std::get<WriteFile>(step_of(plan, "site-registry-ca-etc-rootcellar-registry-ca")->action).content, "a certificate\n");
}

TEST(ExistingRegistry, OfAListOfPlatformsTheOneThatIsThereIsServed) {
  Index index = sample_cluster_index();
  ImageEntry& image = index.images.front();
  const Digest own = image.manifests.front().digest;
  image.manifests.insert(image.manifests.begin(), ManifestEntry{sha256(as_bytes(std::string_view("a list"))), "index", {}});
  image.digest = image.manifests.front().digest;
  const Plan plan = plan_of(registry_facts(), with_registry(), index);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(std::get<PullIntoContainerd>(step_of(plan, "proof-docker-io")->action).digest, own);
  image.tags.clear();
  EXPECT_EQ(plan_of(registry_facts(), with_registry(), index).refusals,
            Texts{"image 'docker.io/library/page@" + image.digest.named() +
                  "' is a list of platforms named by its digest, and the site's registry takes such a list only with all of them: name the "
                  "image by a tag in the profile"});
}

Texts registry_refusals(void (*change)(SiteRegistryFacts&), Answers answers = with_registry(),
                        const Index& index = sample_cluster_index()) {
  Facts facts = registry_facts();
  change(*facts.existing.registry);
  return plan_of(facts, answers, index).refusals;
}

TEST(ExistingRegistry, Refusals) {
  EXPECT_EQ(registry_refusals([](SiteRegistryFacts& facts) { facts.silent = "Connection refused"; }),
            Texts{"the site's registry 192.0.2.5:5000 does not answer: Connection refused"});
  EXPECT_EQ(registry_refusals([](SiteRegistryFacts& facts) { facts.status = 404; }),
            Texts{"what answers at http://192.0.2.5:5000/v2/ is no registry: expected status 200 or 401, found 404"});
  EXPECT_EQ(registry_refusals([](SiteRegistryFacts& facts) { facts.account_status = 401; }),
            Texts{"the site's registry 192.0.2.5:5000 refuses the account 'lab' with the password in '/root/password': status 401"});
  EXPECT_EQ(registry_refusals([](SiteRegistryFacts& facts) { facts.file_faults = {"no such file"}; }), Texts{"no such file"});
  Answers answers = with_registry();
  answers.existing.registry->account = answers.existing.registry->password_file = "";
  EXPECT_EQ(registry_refusals([](SiteRegistryFacts& facts) { facts.account_status = 0; }, answers),
            Texts{"the site's registry 192.0.2.5:5000 asks for an account: answer 'existing.registry.account' and "
                  "'existing.registry.password_file'"});
  Facts facts = registry_facts();
  facts.packages.erase("skopeo");
  EXPECT_EQ(
      plan_of(facts, with_registry()).refusals,
      Texts{"images are put into the site's registry by skopeo, which neither this machine nor the bundle has: name the package in the "
            "profile"});
  Index index = sample_cluster_index();
  index.appliance.registry.existing = true;
  EXPECT_EQ(plan_of(sample_node_facts(), sample_cluster_answers(), index).refusals,
            Texts{"the bundle brings no registry: answer 'existing.registry' with the address of the site's own"});
  EXPECT_EQ(
      registry_refusals([](SiteRegistryFacts&) {}, with_registry({}), sample_index()),
      Texts{"docker tells a mirror no password, and the site's registry 192.0.2.5:5000 asks for one: let everybody read it, or take a "
            "bundle with containerd"});
}

TEST(ExistingRegistry, WhoJoinsMustBeToldOfItToo) {
  JoinTicket ticket = sample_ticket();
  ticket.registry = "registry.lab:5000";
  ticket.site_registry = true;
  EXPECT_EQ(parse_ticket(encode_ticket(ticket), "ticket").registry, "registry.lab:5000");
  EXPECT_TRUE(parse_ticket(encode_ticket(ticket), "ticket").site_registry);
  const Plan plan = make_join_plan(sample_header(), sample_cluster_index(), sample_node_facts(), sample_cluster_answers(), ticket);
  EXPECT_EQ(plan.refusals,
            Texts{"the cluster's images come from the site's own registry registry.lab:5000: answer 'existing.registry' here "
                  "as on the first node"});
}

TEST(ExistingNameservers, AreThosePodsAskAndMustAnswer) {
  Answers answers = sample_cluster_answers();
  answers.cluster.nameservers.clear();
  answers.existing.nameservers = {"192.0.2.54"};
  Facts facts = sample_node_facts();
  const Plan plan = plan_of(facts, answers);
  EXPECT_EQ(std::get<WriteFile>(step_of(plan, "resolver")->action).content,
            "# Whom pods ask for names outside the cluster.\nnameserver 192.0.2.54\nsearch lab.example\n");
  facts.existing.silent_nameservers["192.0.2.54"] = "no answer within the time limit";
  EXPECT_EQ(plan_of(facts, answers).refusals, Texts{"the site's nameserver 192.0.2.54 does not answer: no answer within the time limit"});
}

TEST(ExistingCluster, IsPutIntoAndNotMade) {
  const Plan plan = plan_of(cluster_facts(), with_cluster());
  EXPECT_EQ(plan.refusals, Texts{});
  for (const char* id : {"kubeadm-init", "kubelet-service", "containerd-config", "swap-off", "node-ready", "site-key", "mark-node"})
    EXPECT_EQ(step_of(plan, id), nullptr) << id;
  const auto& proof = std::get<ProvePulls>(step_of(plan, "site-cluster-pulls")->action);
  EXPECT_EQ(proof.images, (Texts{"docker.io/library/page:1.0", "quay.io/team/tool:2", "registry.k8s.io/pause:3.10.1"}));
  EXPECT_EQ(proof.advice,
            "tell its containerd where images of UPSTREAM come from, in /etc/containerd/certs.d/UPSTREAM/hosts.toml: server = "
            "\"http://192.0.2.5:5000/v2/UPSTREAM\", capabilities = [\"pull\", \"resolve\"], override_path = true, and the same again below "
            "[host.\"http://192.0.2.5:5000/v2/UPSTREAM\"]; then run 'rootcellar-install resume'");
  EXPECT_EQ(std::get<KeepSiteFile>(step_of(plan, "site-kubeconfig")->action).path, "/etc/rootcellar/kubeconfig");
  bool deployed = false;
  for (const Step& step : plan.steps) {
    if (const auto* release = std::get_if<HelmRelease>(&step.action)) {
      EXPECT_EQ(release->kubeconfig, "/etc/rootcellar/kubeconfig");
      deployed = true;
    }
  }
  EXPECT_TRUE(deployed);
}

Texts cluster_refusals(void (*change)(SiteClusterFacts&)) {
  Facts facts = cluster_facts();
  change(*facts.existing.cluster);
  return plan_of(facts, with_cluster()).refusals;
}

TEST(ExistingCluster, Refusals) {
  EXPECT_EQ(cluster_refusals([](SiteClusterFacts& facts) { facts.silent = "exit status 1: refused"; }),
            Texts{"the site's cluster does not answer: exit status 1: refused"});
  EXPECT_EQ(
      cluster_refusals([](SiteClusterFacts& facts) { facts.version = "v1.32.9"; }),
      Texts{"the site's cluster is Kubernetes v1.32.9, and the bundle is for 1.34.4: the two may be one minor version apart, not more"});
  EXPECT_EQ(
      cluster_refusals([](SiteClusterFacts& facts) {
        facts.denied = {"create namespaces", "everything in namespace 'lab'"};
      }),
      Texts{"the key in '/root/kubeconfig' may not do in the site's cluster what the appliance needs: create namespaces, everything in "
            "namespace 'lab'"});
  EXPECT_EQ(cluster_refusals([](SiteClusterFacts& facts) { facts.not_ready = std::move(facts.ready); }),
            Texts{"no node of the site's cluster is ready: one"});
  EXPECT_EQ(cluster_refusals([](SiteClusterFacts& facts) { facts.ready.clear(); }), Texts{"the site's cluster has no node"});
  EXPECT_EQ(cluster_refusals([](SiteClusterFacts& facts) { facts.file_faults = {"no such file"}, facts.asked = false; }),
            Texts{"no such file"});
  Index index = sample_cluster_index();
  index.appliance.cluster.existing = true;
  EXPECT_EQ(plan_of(registry_facts(), with_registry(), index).refusals,
            Texts{"the bundle makes no cluster: answer 'existing.cluster' with a kubeconfig of the site's own"});
  index = sample_cluster_index();
  std::erase_if(index.appliance.files, [](const PlacedFile& file) { return file.name == "kubectl"; });
  EXPECT_EQ(plan_of(cluster_facts(), with_cluster(), index).refusals,
            Texts{"the cluster needs /usr/local/bin/kubectl, which the bundle does not bring"});
  EXPECT_EQ(make_join_plan(sample_header(), sample_cluster_index(), cluster_facts(), with_cluster(), sample_ticket()).refusals,
            Texts{"this machine is to join one cluster, and 'existing.cluster' names another"});
}

TEST(ExistingCluster, OurOwnRegistryMustBeReachedByItsNodes) {
  Answers answers = with_cluster();
  answers.existing.registry.reset();
  EXPECT_EQ(
      plan_of(cluster_facts(), answers).refusals,
      Texts{"the registry listens at 127.0.0.1:5000, where the nodes of the site's cluster do not reach it: answer 'registry.listen' as "
            "0.0.0.0:5000, or 'existing.registry'"});
  answers.registry_listen = "0.0.0.0:5000";
  EXPECT_EQ(plan_of(cluster_facts(), answers).refusals, Texts{});
}

TEST(ExistingCluster, WhoMayNotReadItsKeyMayLookAtThePlan) {
  Facts facts = cluster_facts();
  facts.root = false;
  facts.existing.cluster = SiteClusterFacts{};
  facts.existing.cluster->file_faults = {"'existing.cluster.kubeconfig': cannot open '/root/kubeconfig': Permission denied"};
  const Plan plan = plan_of(facts, with_cluster());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(std::count(plan.cautions.begin(), plan.cautions.end(), facts.existing.cluster->file_faults.front()), 1);
}

TEST(ExistingCluster, ThatWasNotAskedIsTold) {
  Facts facts = cluster_facts();
  facts.existing.cluster = SiteClusterFacts{};
  facts.existing.cluster->asked = true;
  facts.existing.cluster->unasked = "cannot find volume 2 of 'lab' (of 2)";
  const Plan plan = plan_of(facts, with_cluster());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(std::count(plan.cautions.begin(), plan.cautions.end(),
                       "the site's cluster was not asked, and shows in the first step that needs it whether it answers: cannot find volume 2 "
                       "of 'lab' (of 2)"),
            1);
}

TEST(ExistingCluster, Cautions) {
  Facts facts = cluster_facts();
  facts.existing.cluster->not_ready = {"two"};
  facts.existing.cluster->other = {{"one", "arm64"}};
  const Plan plan = plan_of(facts, with_cluster());
  for (const char* caution : {"nodes of the site's cluster that are not ready are not asked to pull images: two",
                              "node 'one' of the site's cluster is arm64, and the bundle's images are for amd64"})
    EXPECT_EQ(std::count(plan.cautions.begin(), plan.cautions.end(), caution), 1) << ::testing::PrintToString(plan.cautions);
}

}  // namespace
}  // namespace rootcellar
