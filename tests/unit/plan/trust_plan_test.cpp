// What a registry over https, and one that answers under other registries' names, add to a plan.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/plan.h"
#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_header;
using Texts = std::vector<std::string>;

constexpr const char* k_certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

void add_trust(Appliance& appliance) {
  appliance.registry.listen = "0.0.0.0:5000";
  appliance.registry.tls = true;
  appliance.lan.enabled = true;
  appliance.lan.domain = "lab.internal";
  appliance.lan.names = {"registry"};
  appliance.lan.nameserver = appliance.lan.time = appliance.lan.portal = false;
  appliance.packages.files.push_back({"ca-certificates", "20230311", "all", "apt/debian/pool/ca-certificates.deb", 150'000, 400'000});
}

Index docker_index() {
  Index index = test::sample_index();
  add_trust(index.appliance);
  index.appliance.registry.own_names = {"quay.io"};
  index.appliance.packages.files.push_back({"iproute2", "6.1", "amd64", "apt/debian/pool/iproute2.deb", 100'000, 400'000});
  return index;
}

Index cluster_index(const std::string& runtime) {
  Index index = test::sample_cluster_index();
  add_trust(index.appliance);
  index.appliance.cluster.runtime = index.appliance.runtime.kind = runtime;
  if (runtime != "docker") return index;
  index.appliance.registry.own_names = {"quay.io"};
  index.appliance.packages.install.push_back("docker.io");
  index.appliance.files.push_back({"cri-dockerd", "files/cri-dockerd", "/usr/local/bin/cri-dockerd", 0755, "root", "root"});
  return index;
}

JoinTicket trusting_ticket() {
  JoinTicket ticket = test::sample_ticket();
  ticket.domain = "lab.internal";
  ticket.domain_address = "192.0.2.240";
  ticket.authority = ticket.names_authority = k_certificate;
  return ticket;
}

Answers joining_answers() {
  Answers answers = test::sample_cluster_answers();
  answers.cluster.roles = Texts{"dbServer"};
  return answers;
}

Plan join_plan(const Index& index, const JoinTicket& ticket) {
  return make_join_plan(sample_header(), index, test::sample_node_facts(), joining_answers(), ticket);
}

const Step* find_step(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps) {
    if (step.id == id) return &step;
  }
  return nullptr;
}

template <class Kind>
const Kind& action_of(const Plan& plan, const std::string& id) {
  const Step* step = find_step(plan, id);
  if (step == nullptr) throw InputError(cat("no step ", id));
  return std::get<Kind>(step->action);
}

/// Every file that speaks of trust, one after the other.
std::string written_files(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) {
    if (const auto* file = std::get_if<WriteFile>(&step.action)) out += cat("=== ", file->path, "\n", file->content);
    if (const auto* file = std::get_if<WriteFilled>(&step.action))
      out += cat("=== ", file->path, " ", file->owner.user, "\n", file->text);
    if (const auto* lines = std::get_if<EditLines>(&step.action)) out += cat("=== ", lines->path, ", added\n", join(lines->add, "\n"), "\n");
  }
  return out;
}

TEST(TrustPlan, ARegistryOverHttps) {
  const Plan plan = make_plan(sample_header(), docker_index(), test::sample_node_facts(), {});
  EXPECT_EQ(plan.refusals, Texts{});
  test::expect_golden("plan/trust.txt", render_plan(plan, sample_header()));
  test::expect_golden("plan/trust-files.txt", written_files(plan));
  const auto& merge = action_of<MergeJson>(plan, "docker-config");
  EXPECT_EQ(merge.append.find("registry-mirrors")->dump(), R"(["https://127.0.0.1:5000"])");
  EXPECT_EQ(merge.append.find("insecure-registries"), nullptr);
  EXPECT_EQ(action_of<WaitHttp>(plan, "registry-answers").url, "https://127.0.0.1:5000/v2/");
  EXPECT_EQ(action_of<RunCheck>(plan, "check-registry-lists").check.target, "https://127.0.0.1:5000/v2/_catalog");
  const auto& certificate = action_of<IssueCertificate>(plan, "site-certificate");
  EXPECT_EQ(certificate.names, (Texts{"lab.internal", "*.lab.internal", "localhost", "bench7"}));
  EXPECT_EQ(certificate.addresses, (Texts{"192.0.2.7", "127.0.0.1"}));
  const auto& others = action_of<MakeAuthority>(plan, "mirror-authority");
  EXPECT_EQ(others.domains, Texts{"quay.io"});
  EXPECT_EQ(others.ranges, Texts{"169.254.77.0/24"});
}

TEST(TrustPlan, ARegistryWithoutItIsAskedByHttp) {
  Index index = docker_index();
  index.appliance.registry.tls = false;
  const Plan plan = make_plan(sample_header(), index, test::sample_node_facts(), {});
  const auto& merge = action_of<MergeJson>(plan, "docker-config");
  EXPECT_EQ(merge.append.find("registry-mirrors")->dump(), R"(["http://127.0.0.1:5000"])");
  EXPECT_EQ(merge.append.find("insecure-registries")->dump(), R"(["127.0.0.1:5000"])");
  EXPECT_EQ(find_step(plan, "registry-key"), nullptr);
  EXPECT_EQ(find_step(plan, "docker-trust-127-0-0-1-5000"), nullptr);
}

TEST(TrustPlan, WithAnAccountBothAreOverHttps) {
  Index index = docker_index();
  index.appliance.registry.auth = "htpasswd";
  const Plan plan = make_plan(sample_header(), index, test::sample_node_facts(), {});
  EXPECT_EQ(action_of<MergeJson>(plan, "docker-config").append.find("insecure-registries"), nullptr);
  EXPECT_NE(action_of<WriteFile>(plan, "registry-push-config").content.find("  tls:\n    certificate: /etc/rootcellar/site.crt\n"), std::string::npos);
  EXPECT_NE(find_step(plan, "docker-trust-lab-internal-5001"), nullptr);
  EXPECT_EQ(plan.ports.at(1).purpose, "container registry, for pushing, with the password of 'push'");
}

TEST(TrustPlan, AnAddressOfItsOwnIsInTheCertificate) {
  Facts facts = test::sample_node_facts();
  facts.addresses = {"192.0.2.7", "198.51.100.7"};
  Answers answers;
  answers.registry_listen = "198.51.100.7:5000";
  const Plan plan = make_plan(sample_header(), docker_index(), facts, answers);
  EXPECT_EQ(action_of<IssueCertificate>(plan, "site-certificate").addresses, (Texts{"192.0.2.7", "127.0.0.1", "198.51.100.7"}));
  EXPECT_EQ(action_of<MakeAuthority>(plan, "site-authority").ranges.back(), "198.51.100.7/32");
}

TEST(TrustPlan, ContainerdAsksByHttps) {
  const Plan plan = make_plan(sample_header(), cluster_index("containerd"), test::sample_node_facts(), test::sample_cluster_answers());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(action_of<WriteFile>(plan, "mirror-quay-io").content,
            "server = \"https://127.0.0.1:5000/v2/quay.io\"\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n"
            "ca = \"/etc/rootcellar/site-ca.crt\"\n\n[host.\"https://127.0.0.1:5000/v2/quay.io\"]\ncapabilities = [\"pull\", \"resolve\"]\n"
            "override_path = true\nca = \"/etc/rootcellar/site-ca.crt\"\n");
  EXPECT_EQ(find_step(plan, "mirror-authority"), nullptr);
}

TEST(TrustPlan, AMachineThatJoinsBelievesTheSite) {
  const Plan plan = join_plan(cluster_index("containerd"), trusting_ticket());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(action_of<WriteFile>(plan, "site-authority-file").content, k_certificate);
  EXPECT_EQ(action_of<WriteFile>(plan, "site-trust-file").content, k_certificate);
  EXPECT_EQ(action_of<EditLines>(plan, "site-names").add, (Texts{"192.0.2.240 lab.internal", "192.0.2.7 registry.lab.internal"}));
  EXPECT_NE(action_of<WriteFile>(plan, "mirror-quay-io").content.find("[host.\"https://192.0.2.10:5000/v2/quay.io\"]"), std::string::npos);
  EXPECT_EQ(find_step(plan, "site-authority"), nullptr);
  EXPECT_EQ(find_step(plan, "site-key-file"), nullptr);
}

TEST(TrustPlan, DockerOfAMachineThatJoinsAsksTheFirstNode) {
  const Plan plan = join_plan(cluster_index("docker"), trusting_ticket());
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(action_of<WriteFile>(plan, "docker-trust-192-0-2-10-5000").path, "/etc/docker/certs.d/192.0.2.10:5000/ca.crt");
  EXPECT_EQ(action_of<WriteFile>(plan, "own-trust-quay-io").content, k_certificate);
  EXPECT_NE(action_of<WriteFile>(plan, "own-relay-quay-io").content.find("ExecStart=/lib/systemd/systemd-socket-proxyd 192.0.2.10:5443\n"), std::string::npos);
  EXPECT_EQ(action_of<EditLines>(plan, "own-names").add, Texts{"169.254.77.1 quay.io"});
  EXPECT_EQ(action_of<RunCheck>(plan, "own-pull-quay-io").check.target, "quay.io/team/tool:2");
  EXPECT_EQ(find_step(plan, "own-service-quay-io"), nullptr);
  EXPECT_EQ(find_step(plan, "mirror-authority"), nullptr);
}

TEST(TrustPlan, ATicketFromBeforeIsRefused) {
  EXPECT_EQ(join_plan(cluster_index("docker"), test::sample_ticket()).refusals,
            (Texts{"the ticket says nothing of the site's authority: make a new one with 'rootcellar-install ticket' on the first node",
                   "the ticket says nothing of the authority for quay.io: make a new one with 'rootcellar-install ticket' on the first node"}));
}

TEST(TrustPlan, AMachineWithoutATrustStore) {
  Index index = docker_index();
  std::erase_if(index.appliance.packages.files, [](const PackageFile& file) { return file.name == "ca-certificates"; });
  Facts facts = test::sample_node_facts();
  facts.packages.erase("ca-certificates");
  EXPECT_EQ(make_plan(sample_header(), index, facts, {}).refusals,
            Texts{"this machine has no trust store for the site's authority, and the bundle does not bring the package 'ca-certificates'"});
  facts.packages["ca-certificates"] = {"20230311", "installed"};
  EXPECT_EQ(make_plan(sample_header(), index, facts, {}).refusals, Texts{});
}

TEST(TrustPlan, AMachineWithoutTheProgramIp) {
  Index index = docker_index();
  index.appliance.packages.files.pop_back();
  EXPECT_EQ(make_plan(sample_header(), index, test::sample_node_facts(), {}).refusals,
            Texts{"docker's own names of registries need the program ip, and neither this machine nor the bundle has the package 'iproute2'"});
}

TEST(TrustPlan, PortsThatOthersHave) {
  Index index = docker_index();
  index.appliance.lan.portal = true;
  Facts facts = test::sample_node_facts();
  facts.ports = {{443, "0.0.0.0", "www-data"}, {5443, "127.0.0.1", "postgres"}};
  EXPECT_EQ(make_plan(sample_header(), index, facts, {}).refusals,
            (Texts{"port 443 is taken by user www-data at 0.0.0.0: the page needs it; stop it, or answer 'lan.portal: false'",
                   "images of quay.io are served at port 5443 of 0.0.0.0, which a program of user 'postgres' has: stop it",
                   "docker asks for quay.io at 169.254.77.1:443, which a program of user 'www-data' has at 0.0.0.0: stop it, or let it listen at its own "
                   "address only"}));
  facts.ports = {{443, "127.0.0.1", "www-data"}, {5443, "0.0.0.0", "rootcellar-registry"}};
  EXPECT_EQ(make_plan(sample_header(), docker_index(), facts, {}).refusals, Texts{});
}

TEST(TrustPlan, ThePageLeavesLoopbacksPortsToOthers) {
  Index index = docker_index();
  index.appliance.lan.portal = true;
  const auto listening = [&] {
    const Plan plan = make_plan(sample_header(), index, test::sample_node_facts(), {});
    std::string found;
    for (const std::string_view line : split(std::string_view(action_of<WriteFile>(plan, "portal-config").content), '\n')) {
      if (line.find("listen ") != std::string::npos) found += cat(trim(line), "\n");
    }
    return found;
  };
  EXPECT_EQ(listening(),
            "listen 192.0.2.7:80 default_server;\nlisten 192.0.2.7:443 ssl default_server;\n"
            "listen 127.0.0.1:80 default_server;\nlisten 127.0.0.1:443 ssl default_server;\n");
  index.appliance.registry.own_names.clear();
  EXPECT_EQ(listening(), "listen 0.0.0.0:80 default_server;\nlisten 0.0.0.0:443 ssl default_server;\n");
}

TEST(TrustPlan, ACertificateBroughtAlongIsNotTheRegistrys) {
  Answers answers;
  answers.lan.certificate_chain = "/media/site/chain.pem";
  answers.lan.certificate_key = "/media/site/key.pem";
  const Texts refusals = make_plan(sample_header(), docker_index(), test::sample_node_facts(), answers).refusals;
  EXPECT_EQ(std::count(refusals.begin(), refusals.end(),
                       "the registry serves over https by a certificate of the site's own authority, for this machine's addresses, too: leave out "
                       "'lan.certificate', or take a bundle without registry.tls"),
            1)
      << join(refusals, "\n");
}

TEST(TrustPlan, TheSitesOwnRegistryAnswersToNoOtherName) {
  Answers answers;
  answers.existing.registry = ExistingRegistry{.address = "registry.site:5000"};
  Facts facts = test::sample_node_facts();
  facts.packages["skopeo"] = {"1.9", "installed"};
  EXPECT_EQ(make_plan(sample_header(), docker_index(), facts, answers).refusals,
            Texts{"docker is to get images of quay.io by these names, which only the bundle's own registry can answer to: leave out "
                  "'existing.registry', or take a bundle without registry.own_names"});
}

TEST(TrustPlan, StepsSurviveTheJournal) {
  for (const Plan& plan : {make_plan(sample_header(), docker_index(), test::sample_node_facts(), {}), join_plan(cluster_index("docker"), trusting_ticket())}) {
    for (const Step& step : plan.steps) EXPECT_EQ(encode_step(decode_step(encode_step(step), "a step")).dump(), encode_step(step).dump()) << step.id;
  }
}

}  // namespace
}  // namespace rootcellar
