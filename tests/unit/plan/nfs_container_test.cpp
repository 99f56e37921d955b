// NFS from a container in a plan: what is done with docker and with containerd, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/storage.h"
#include "tests/support/golden.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* k_table = "/etc/rootcellar/nfs/exports";
constexpr const char* k_unit_path = "/etc/systemd/system/rootcellar-nfs.service";

Index with_nfs(Index index, const std::string& image) {
  index.appliance.packages.files.push_back({"nfs-common", "2.6", "amd64", "apt/debian/pool/nfs-common.deb", 100'000, 400'000});
  index.appliance.packages.files.push_back({"rpcbind", "1.2", "amd64", "apt/debian/pool/rpcbind.deb", 100'000, 400'000});
  index.appliance.nfs = {
      true, cat("image:", image),
      "",   {"3"},
      true, {{"scratch", "/srv/scratch", 0777, "nobody", "nogroup", {"rw", "sync"}}, {"media", "/srv/$100%", 0755, "root", "root", {"ro"}}}};
  return index;
}

Index docker_index() { return with_nfs(test::sample_index(), "quay.io/team/tool:2"); }
Index containerd_index() { return with_nfs(test::sample_cluster_index(), "page:1.0"); }

Facts facts_for_nfs() {
  Facts facts = test::sample_node_facts();
  for (const char* path : {"/srv/scratch", "/srv/$100%"}) facts.space[path] = facts.space["/usr"];
  facts.storage.has_nfsd = true;
  return facts;
}

Plan plan_with(const Index& index, const Facts& facts = facts_for_nfs()) {
  const Answers answers = index.appliance.cluster.enabled ? test::sample_cluster_answers() : Answers{};
  return make_plan(test::sample_header(), index, facts, answers);
}

std::string content_of(const Plan& plan, const std::string& path) {
  for (const Step& step : plan.steps) {
    const auto* file = std::get_if<WriteFile>(&step.action);
    if (file != nullptr && file->path == path) return file->content;
  }
  throw InputError(cat("no file ", path));
}

std::size_t place_in(const Plan& plan, const std::string& id) {
  const auto found = std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.id == id; });
  if (found == plan.steps.end()) throw InputError(cat("no step ", id));
  return static_cast<std::size_t>(found - plan.steps.begin());
}

TEST(NfsContainer, IsAsWritten) {
  const Plan plan = plan_with(docker_index());
  Plan shown;
  for (const Step& step : plan.steps) {
    if (step.id.starts_with("nfs-")) shown.steps.push_back(step);
  }
  for (const OpenedPort& port : plan.ports) {
    if (port.port != 5000) shown.ports.push_back(port);
  }
  shown.refusals = plan.refusals;
  test::expect_golden("plan/storage-image.txt", render_plan(shown, test::sample_header()));
  EXPECT_EQ(content_of(plan, k_table),
            "# Made by rootcellar-install; see 'rootcellar-install plan'. Lines of your own belong into /etc/exports.\n"
            "/srv/scratch 192.0.2.0/24(rw,sync)\n/srv/$100% 192.0.2.0/24(ro)\n");
  EXPECT_EQ(content_of(plan, "/etc/modules-load.d/rootcellar-nfs.conf"), "nfs\nnfsd\n");
}

TEST(NfsContainer, IsADockersUnit) { test::expect_golden("plan/nfs-docker.service", content_of(plan_with(docker_index()), k_unit_path)); }

TEST(NfsContainer, IsAContainerdsUnit) {
  test::expect_golden("plan/nfs-containerd.service", content_of(plan_with(containerd_index()), k_unit_path));
}

TEST(NfsContainer, ComesAfterItsImageAndBeforeTheCluster) {
  const Plan docker = plan_with(docker_index());
  EXPECT_LT(place_in(docker, "local-quay-io-team-tool-2"), place_in(docker, "nfs-container"));
  const Plan containerd = plan_with(containerd_index());
  EXPECT_LT(place_in(containerd, "proof-docker-io"), place_in(containerd, "nfs-container"));
  EXPECT_LT(place_in(containerd, "nfs-container"), place_in(containerd, "kubeadm-init"));
  EXPECT_LT(place_in(containerd, "nfs-container"), place_in(containerd, "nfs-mount-scratch-v3"));
  EXPECT_EQ(containerd.refusals, Texts{});
}

TEST(NfsContainer, StartsAnewWhenItsTableOrItsUnitChanges) {
  const Plan plan = plan_with(docker_index());
  const auto& unit = std::get<SetUnit>(plan.steps[place_in(plan, "nfs-container")].action);
  EXPECT_TRUE(unit.enabled && unit.active && unit.restart_if_changed);
  EXPECT_EQ(Texts(unit.watch.begin(), unit.watch.begin() + 2), (Texts{k_table, k_unit_path}));
}

TEST(NfsContainer, RefusesAMachineThatCannotServe) {
  Facts facts = facts_for_nfs();
  facts.storage.has_nfsd = false;
  facts.packages["nfs-kernel-server"] = {"2.6", "installed", false};
  facts.ports = {{111, "0.0.0.0", "_rpc"}, {2049, "0.0.0.0", "root"}, {32765, "0.0.0.0", "statd"}, {32767, "0.0.0.0", "root"}};
  Index index = docker_index();
  index.appliance.nfs.server = "image:nowhere/nfs:1";
  std::erase_if(index.appliance.packages.files,
                [](const PackageFile& file) { return file.name == "nfs-common" || file.name == "rpcbind"; });
  index.appliance.runtime.kind = "none";
  index.appliance.runtime.preload.clear();
  index.appliance.checks.clear();
  EXPECT_EQ(plan_with(index, facts).refusals,
            (Texts{"the appliance gives folders away by NFS, and this machine's kernel 6.1.0-18-amd64 has no NFS server (module nfsd)",
                   "port 2049 is taken by a program of user 'root', and NFS needs it",
                   "port 111 is taken by a program of user '_rpc', and NFS needs it",
                   "port 32765 is taken by a program of user 'statd', and NFS needs it",
                   "port 32767 is taken by a program of user 'root', and NFS needs it",
                   "the appliance gives folders away from a container, and sets up neither docker nor containerd on this machine",
                   "the appliance gives folders away by image 'docker.io/nowhere/nfs:1', which is not in the bundle",
                   "the appliance proves its folders by a mount, and neither this machine nor the bundle has the package nfs-common"}));
}

TEST(NfsContainer, TakesThePlaceOfWhatOursServedBefore) {
  Facts facts = facts_for_nfs();
  facts.ports = {{2049, "0.0.0.0", "root"}, {111, "0.0.0.0", "root"}, {32765, "0.0.0.0", "root"}, {32767, "0.0.0.0", "root"}};
  facts.installed = InstalledBundle{"lab", "cpu", 2, "x", plan_with(docker_index()).steps};
  EXPECT_EQ(plan_with(docker_index(), facts).refusals, Texts{});
  Index packaged = docker_index();
  packaged.appliance.nfs.server = "package:nfs-kernel-server";
  const Plan back = plan_with(packaged, facts);
  EXPECT_EQ(back.refusals, Texts{});
  EXPECT_LT(place_in(back, "nfs-no-container"), place_in(back, "nfs-service"));
  facts.installed->steps = back.steps;
  const Plan forth = plan_with(docker_index(), facts);
  EXPECT_EQ(forth.refusals, Texts{});
  EXPECT_LT(place_in(forth, "nfs-no-nfs-server-service"), place_in(forth, "nfs-container"));
}

TEST(NfsContainer, IsNotThereWhereTheSiteHasItsOwn) {
  Answers answers;
  answers.existing.nfs = ExistingNfs{"192.0.2.5", "/export", {{"media", "/export/media"}}};
  const Plan plan = make_plan(test::sample_header(), docker_index(), facts_for_nfs(), answers);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_TRUE(std::none_of(plan.steps.begin(), plan.steps.end(),
                           [](const Step& step) { return step.id.starts_with("nfs-") && !step.id.starts_with("nfs-mount-export"); }));
}

}  // namespace
}  // namespace rootcellar
