#include "bundle/base/text.h"
#include "installer/plan/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_facts;
using test::sample_header;
using test::sample_index;

void expect_plan(const std::string& name, const Plan& plan) {
  test::expect_golden("plan/" + name + ".txt", render_plan(plan, sample_header()));
}

const Step& step_of(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps) {
    if (step.id == id) return step;
  }
  throw InputError("no step " + id);
}

Facts with_root_elsewhere() {
  Facts facts = sample_facts();
  const SpaceFacts disk{.available = 900'000'000'000, .total = 1'000'000'000'000, .device = 2, .read_only = false, .filesystem = "xfs"};
  for (const char* path : {"/srv/data/registry", "/srv/data/docker", "/srv/data/containerd"}) facts.space[path] = disk;
  return facts;
}

TEST(Plan, OnAFreshMachine) { expect_plan("fresh", make_plan(sample_header(), sample_index(), sample_facts(), {})); }

TEST(Plan, SeenWithoutRoot) {
  Facts facts = sample_facts();
  facts.root = false;
  facts.unseen = {"this is not root: what only root may read was not read"};
  const Plan plan = make_plan(sample_header(), sample_index(), facts, {});
  EXPECT_TRUE(plan.refusals.empty());
  EXPECT_EQ(plan.cautions, facts.unseen);
}

TEST(Plan, WithEverythingAnswered) {
  Answers answers{"/srv/data", "0.0.0.0:80", {"registry.site:5000"}, {}, {}};
  expect_plan("answered", make_plan(sample_header(), sample_index(), with_root_elsewhere(), answers));
}

TEST(Plan, WhereDockerIsThereAlready) {
  Facts facts = sample_facts();
  facts.docker_unit = "/usr/lib/systemd/system/docker.service";
  facts.packages["docker.io"] = {"20.10.24", "installed", false};
  facts.packages["half"] = {"1", "half-configured", false};
  facts.daemon_json = R"({"exec-opts": ["native.cgroupdriver=cgroupfs"], "log-driver": "journald", "dns": ["192.0.2.1"]})";
  expect_plan("docker-there", make_plan(sample_header(), sample_index(), facts, {}));
}

TEST(Plan, ForCardsAndWithARegistryOutOfAnImage) {
  Index index = sample_index();
  index.appliance.runtime.nvidia = true;
  index.appliance.runtime.preload.clear();
  index.appliance.registry.program = "image:docker.io/library/registry:2";
  index.appliance.packages = {};
  expect_plan("gpu", make_plan(sample_header(), index, sample_facts(), {}));
}

TEST(Plan, AsJsonSaysTheSame) {
  const Plan plan = make_plan(sample_header(), sample_index(), sample_facts(), {});
  const JsonValue json = plan_json(plan);
  ASSERT_EQ(json.find("steps")->items().size(), plan.steps.size());
  EXPECT_EQ(json.find("steps")->items()[0].text("id"), plan.steps[0].id);
  EXPECT_EQ(json.find("ports")->items()[0].u64("port"), 5000u);
  EXPECT_EQ(json.find("space")->items()[0].u64("needed"), plan.space[0].needed);
}

TEST(Plan, IsAlwaysTheSame) {
  const auto once = [] { return plan_json(make_plan(sample_header(), sample_index(), sample_facts(), {})).dump(); };
  EXPECT_EQ(once(), once());
}

TEST(Plan, HasUniqueStepNames) {
  Index index = sample_index();
  index.appliance.checks.push_back(index.appliance.checks[0]);
  std::set<std::string> ids;
  const Plan plan = make_plan(sample_header(), index, sample_facts(), {});
  for (const Step& step : plan.steps) EXPECT_TRUE(ids.insert(step.id).second) << step.id;
  EXPECT_TRUE(ids.contains("check-page-answers-2"));
}

TEST(Plan, StepsSurviveTheJournal) {
  const Plan plan = make_plan(sample_header(), sample_index(), sample_facts(), {});
  for (const Step& step : plan.steps) EXPECT_EQ(encode_step(decode_step(encode_step(step), "journal")), encode_step(step)) << step.id;
}

TEST(Plan, WritesTheRegistrysUnitAndConfiguration) {
  const Plan plan = make_plan(sample_header(), sample_index(), sample_facts(), {});
  test::expect_golden("plan/registry.service", std::get<WriteFile>(step_of(plan, "registry-unit").action).content);
  test::expect_golden("plan/registry.yml", std::get<WriteFile>(step_of(plan, "registry-config").action).content);
}

TEST(Plan, ARegistryWithAnAccountIsTwo) {
  Index index = sample_index();
  index.appliance.registry.auth = "htpasswd";
  Facts facts = sample_facts();
  facts.ports.push_back({5001, "127.0.0.1", "www-data"});
  const Plan plan = make_plan(sample_header(), index, facts, {});
  test::expect_golden("plan/registry-pull.yml", std::get<WriteFile>(step_of(plan, "registry-config").action).content);
  test::expect_golden("plan/registry-push.yml", std::get<WriteFile>(step_of(plan, "registry-push-config").action).content);
  test::expect_golden("plan/registry-push.service", std::get<WriteFile>(step_of(plan, "registry-push-unit").action).content);
  const GeneratedSecret& hash = std::get<MakeSecret>(step_of(plan, "registry-password-hash").action).secret;
  EXPECT_EQ(cat(hash.kind, " ", hash.user, " ", hash.secret), "htpasswd push registry-push");
  EXPECT_EQ(plan.ports[0].purpose, "container registry, for pulling");
  EXPECT_EQ(cat(plan.ports[1].port, " ", plan.ports[1].purpose),
            "5001 container registry, for pushing, with the password of 'push' and without encryption");
  EXPECT_EQ(plan.refusals, std::vector<std::string>{"the registry needs port 5001 at 127.0.0.1, which a program of user 'www-data' has: stop it, or "
                                                    "answer another 'registry.listen'"});
}

TEST(Plan, ChecksFollowTheRegistryWhereTheSitePutsIt) {
  const Plan plan = make_plan(sample_header(), sample_index(), sample_facts(), {.registry_listen = "127.0.0.1:5555"});
  EXPECT_EQ(std::get<RunCheck>(step_of(plan, "check-page-answers").action).check.target, "127.0.0.1:5555/docker.io/library/page:1.0");
  EXPECT_EQ(std::get<RunCheck>(step_of(plan, "check-registry-lists").action).check.target, "http://127.0.0.1:5555/v2/_catalog");
  EXPECT_EQ(std::get<RunCheck>(step_of(plan, "check-tool-from-here").action).check.target, "127.0.0.1:5555/quay.io/team/tool:2");
}

TEST(Plan, AsksForTheSpaceOfEverythingItWrites) {
  const std::vector<std::string> wanted{"/etc",
                                        "/etc/motd.d",
                                        "/usr",
                                        "/usr/local/sbin",
                                        "/var/lib/containerd",
                                        "/var/lib/docker",
                                        "/var/lib/rootcellar",
                                        "/var/lib/rootcellar/registry",
                                        "/var/lib/rootcellar/spool"};
  EXPECT_EQ(space_paths(sample_index(), {}), wanted);
}

TEST(Plan, AnUpstreamThatIsNotDockerHubGetsItsNameByATag) {
  Index index = sample_index();
  index.appliance.runtime.preload = {"quay.io/team/tool:2"};
  const Plan plan = make_plan(sample_header(), index, sample_facts(), {});
  const auto& tool = std::get<RunTool>(step_of(plan, "upstream-quay-io-team-tool-2").action);
  const std::vector<std::string> tag{"/usr/bin/docker", "image", "tag", "127.0.0.1:5000/quay.io/team/tool:2", "quay.io/team/tool:2"};
  EXPECT_EQ(tool.call.argv, tag);
  EXPECT_EQ(std::get<PullImage>(step_of(plan, "local-quay-io-team-tool-2").action).digest, index.images[1].digest);
}

}  // namespace
}  // namespace rootcellar
