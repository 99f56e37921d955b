// Exports, data and roles' disks in a plan: what is done, what is shown, what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/plan/storage.h"
#include "installer/run/data_record.h"
#include "tests/support/golden.h"
#include "tests/support/memory_host.h"
#include "tests/unit/plan/plan_sample.h"

namespace rootcellar {
namespace {

using test::sample_header;
using Texts = std::vector<std::string>;

Index storage_index() {
  Index index = test::sample_cluster_index();
  Appliance& appliance = index.appliance;
  appliance.packages.files.push_back({"nfs-kernel-server", "2.6", "amd64", "apt/debian/pool/nfs.deb", 100'000, 400'000});
  appliance.packages.files.push_back({"nfs-common", "2.6", "amd64", "apt/debian/pool/nfs-common.deb", 100'000, 400'000});
  appliance.nfs = {true, "package:nfs-kernel-server", "", {"3", "4"}, true,
                   {{"scratch", "/srv/scratch", 0777, "nobody", "nogroup", {"rw", "sync", "no_subtree_check", "no_root_squash"}},
                    {"media", "/srv/media", 0755, "root", "root", {"ro"}}}};
  appliance.data = {{"sky", "data/sky.tar", "/srv/media/sky", 0750, "1000", "1000", 3'000'000'000}};
  index.files.push_back({"data/sky.tar", sha256(as_bytes("sky")), 2'900'000'000});
  return index;
}

Facts storage_facts() {
  Facts facts = test::sample_node_facts();
  for (const char* path : {"/srv/scratch", "/srv/media", "/srv/media/sky"}) facts.space[path] = facts.space["/usr"];
  facts.storage.has_nfsd = true;
  facts.storage.root_device = 1;
  return facts;
}

Plan plan_with(const Facts& facts, const Answers& answers = test::sample_cluster_answers(), const Index& index = storage_index()) {
  return make_plan(sample_header(), index, facts, answers);
}

Texts refusals(const Facts& facts, const Answers& answers = test::sample_cluster_answers(), const Index& index = storage_index()) {
  return plan_with(facts, answers, index).refusals;
}

bool is_ours(const Step& step) { return step.id.starts_with("nfs-") || step.id.starts_with("data-"); }

/// Titles of the steps that are about storage.
std::string steps_of(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    if (is_ours(step)) text += cat(step.id, ": ", step.title, "\n");
  }
  return text;
}

const ExportFolders& exports_of(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (const auto* exports = std::get_if<ExportFolders>(&step.action)) return *exports;
  }
  throw InputError("no exports");
}

TEST(StoragePlan, IsAsWritten) {
  const Plan plan = plan_with(storage_facts());
  Plan shown;
  for (const Step& step : plan.steps) {
    if (is_ours(step)) shown.steps.push_back(step);
  }
  for (const OpenedPort& port : plan.ports) {
    if (port.port == 111 || port.port == 2049 || port.port > 30000) shown.ports.push_back(port);
  }
  shown.refusals = plan.refusals;
  test::expect_golden("plan/storage.txt", render_plan(shown, sample_header()));
}

TEST(StoragePlan, CountsTheSpaceOfData) {
  Facts facts = storage_facts();
  facts.space["/srv/media/sky"] = {.available = 1'000'000'000, .total = 40'000'000'000, .device = 7, .read_only = false, .filesystem = "xfs"};
  EXPECT_EQ(refusals(facts), Texts{"the filesystem of /srv/media/sky needs 3.1 GB and has 1.0 GB free: make room, or answer a 'storage.root' on "
                                   "a larger disk"});
  facts.storage.data["sky"] = {.is_ours = true, .is_same = true};
  EXPECT_EQ(refusals(facts), Texts{});
}

TEST(StoragePlan, GivesToTheNetworkThatIsAnswered) {
  Answers answers = test::sample_cluster_answers();
  answers.nfs_network = "198.51.100.0/24";
  const Plan plan = plan_with(storage_facts(), answers);
  EXPECT_EQ(exports_of(plan).content,
            "# Made by rootcellar-install; see 'rootcellar-install plan'. Lines of your own belong into /etc/exports.\n"
            "/srv/scratch 198.51.100.0/24(rw,sync,no_subtree_check,no_root_squash)\n/srv/media 198.51.100.0/24(ro)\n");
  EXPECT_EQ(steps_of(plan).find("for a moment"), std::string::npos);
}

TEST(StoragePlan, GivesToItselfWithoutANetwork) {
  Facts facts = storage_facts();
  Index index = storage_index();
  index.appliance.cluster = {};
  facts.node.routes.clear();
  facts.node.addresses.clear();
  const Plan plan = make_plan(sample_header(), index, facts, {});
  EXPECT_NE(exports_of(plan).content.find("/srv/media 127.0.0.1/32(ro)\n"), std::string::npos);
  EXPECT_EQ(plan.cautions, Texts{"this machine has no network: it gives its folders to itself alone"});
  facts.node.addresses = {{"192.0.2.7", "eth0"}, {"198.51.100.7", "eth1"}};
  EXPECT_EQ(make_plan(sample_header(), index, facts, {}).refusals,
            Texts{"this machine is in several networks, and nothing says which of them NFS is for: answer 'nfs.network'"});
}

TEST(StoragePlan, UsesTheSitesOwnServer) {
  Answers answers = test::sample_cluster_answers();
  answers.existing.nfs = ExistingNfs{"192.0.2.5", "/export", {{"media", "/export/media"}}};
  EXPECT_EQ(steps_of(plan_with(storage_facts(), answers)),
            "data-folder-sky: make directory /srv/media/sky\n"
            "data-sky: unpack data 'sky' into /srv/media/sky\n"
            "nfs-service: keep nfs-server.service down\n"
            "nfs-mount-export: mount 192.0.2.5:/export for a moment\n"
            "nfs-mount-export-media: mount 192.0.2.5:/export/media for a moment\n");
  Facts facts = storage_facts();
  facts.storage.existing_nfs = "Connection refused";
  answers.existing.nfs->paths.clear();
  Index index = storage_index();
  std::erase_if(index.appliance.packages.files, [](const PackageFile& file) { return file.name == "nfs-common"; });
  EXPECT_EQ(refusals(facts, answers, index),
            (Texts{"the NFS server 192.0.2.5 of the answers does not answer at port 2049: Connection refused",
                   "the answers name an NFS server, and neither this machine nor the bundle has the package nfs-common",
                   "the answers do not say which folder of the NFS server stands in for 'media': answer 'existing.nfs.paths.media'"}));
}

TEST(StoragePlan, TellsTextsWhereItIs) {
  const Index index = storage_index();
  const Facts facts = storage_facts();
  Answers answers = test::sample_cluster_answers();
  const auto values = [&] {
    const Header header = sample_header();
    const Layout layout = make_layout(index.appliance, answers);
    std::vector<TemplateValue> list;
    add_nfs_values({header, index, facts, answers, layout}, list);
    std::string text;
    for (const TemplateValue& value : list) text += cat(value.name, "=", value.value, " ");
    return text;
  };
  EXPECT_EQ(values(),
            "site.nfs_server=192.0.2.7 site.nfs_path=/srv/scratch site.nfs_path_scratch=/srv/scratch site.nfs_path_media=/srv/media ");
  answers.existing.nfs = ExistingNfs{"192.0.2.5", "/export", {{"media", "/export/media"}}};
  EXPECT_EQ(values(), "site.nfs_server=192.0.2.5 site.nfs_path=/export site.nfs_path_scratch=/export site.nfs_path_media=/export/media ");
}

TEST(StoragePlan, RefusesAMachineThatCannotServe) {
  Facts facts = storage_facts();
  facts.storage.has_nfsd = false;
  facts.ports = {{111, "0.0.0.0", "_rpc"}, {2049, "0.0.0.0", "ganesha"}};
  facts.storage.exports = {{"/srv", "/etc/exports"}, {"/home", "/etc/exports"}};
  facts.space["/srv/scratch"].filesystem = "overlay";
  EXPECT_EQ(refusals(facts),
            (Texts{"the appliance gives folders away by NFS, and this machine's kernel 6.1.0-18-amd64 has no NFS server (module nfsd)",
                   "port 2049 is taken by a program of user 'ganesha', and NFS needs it",
                   "port 111 is taken by a program of user '_rpc', and NFS needs it",
                   "'/srv/scratch' is to be given away by NFS, and /etc/exports gives '/srv' away already: take that line out, or answer "
                   "'existing.nfs'",
                   "'/srv/scratch' lies on overlay, which cannot be given away by NFS: mount a disk there",
                   "'/srv/media' is to be given away by NFS, and /etc/exports gives '/srv' away already: take that line out, or answer "
                   "'existing.nfs'"}));
  facts = storage_facts();
  facts.packages["rpcbind"] = {"1.2", "installed", false};
  facts.ports = {{111, "0.0.0.0", "_rpc"}};
  EXPECT_EQ(refusals(facts), Texts{});
}

TEST(StoragePlan, RefusesAndWarnsOfWhatStandsWhereDataGoes) {
  Facts facts = storage_facts();
  facts.storage.data["sky"] = {.is_occupied = true};
  EXPECT_EQ(refusals(facts), Texts{"data 'sky' goes into '/srv/media/sky', where something is that no install put there: move it away"});
  facts.storage.data["sky"] = {.is_ours = true, .is_changed = true, .is_occupied = true};
  const Plan plan = plan_with(facts);
  EXPECT_EQ(plan.refusals, Texts{});
  EXPECT_EQ(std::count(plan.cautions.begin(), plan.cautions.end(),
                       "people changed data 'sky' in '/srv/media/sky': it stays as it is, and what the bundle has is not unpacked"),
            1);
  Index index = storage_index();
  index.files.pop_back();
  EXPECT_EQ(refusals(storage_facts(), test::sample_cluster_answers(), index), Texts{"the appliance's data 'sky' is not in the bundle"});
}

TEST(StoragePlan, RefusesDisksThatARoleCannotUse) {
  Index index = storage_index();
  index.appliance.cluster.roles[0].disks = {{"/media/ssd", 200'000'000'000, true, true}};
  Facts facts = storage_facts();
  facts.space["/media/ssd"] = facts.space["/usr"];
  facts.storage.turning["/media/ssd"] = true;
  const std::string role = index.appliance.cluster.roles[0].name;
  const Answers answers = test::sample_cluster_answers();
  EXPECT_EQ(refusals(facts, answers, index),
            (Texts{cat("the role '", role, "' wants 200.0 GB free in '/media/ssd', and its filesystem has 20.0 GB"),
                   cat("the role '", role, "' wants a filesystem of its own for '/media/ssd', and it lies on the one of /: mount a disk there"),
                   cat("the role '", role, "' wants a solid-state disk for '/media/ssd', and its filesystem is on one that turns")}));
  facts.space["/media/ssd"] = {.available = 900'000'000'000, .total = 1'000'000'000'000, .device = 9, .read_only = false, .filesystem = "xfs"};
  facts.storage.turning["/media/ssd"] = false;
  EXPECT_EQ(refusals(facts, answers, index), Texts{});
  Answers other = answers;
  other.cluster.roles = std::vector<std::string>{index.appliance.cluster.roles[1].name};
  facts.space["/media/ssd"] = facts.space["/usr"];
  EXPECT_EQ(refusals(facts, other, index), Texts{});
}

TEST(StoragePlan, TriesAManifestOutInOneStep) {
  Index index = storage_index();
  Deployment trial;
  trial.name = "nfs-test";
  trial.kind = "trial";
  trial.space = "provisioner";
  trial.text = "kind: PersistentVolumeClaim\n";
  trial.waits = {{"jsonpath", "persistentvolumeclaim/nfs-test", "", "{.status.phase}", "Bound", {}, 120}};
  index.appliance.cluster.deploy.push_back(trial);
  const Plan plan = plan_with(storage_facts(), test::sample_cluster_answers(), index);
  const Step& last = plan.steps.back();
  EXPECT_EQ(cat(last.id, ": ", last.title), "deploy-nfs-test: try 'nfs-test' out");
  const auto& action = std::get<TryManifest>(last.action);
  EXPECT_EQ(action.manifest.space, "provisioner");
  EXPECT_EQ(action.waits.at(0).space, "provisioner");
}

TEST(StorageFactsRead, ExportsOfOthers) {
  EXPECT_EQ(parse_exports("# mine\n/srv *(ro)\n\n\"/two words\" 192.0.2.0/24(rw)\n/a\t192.0.2.7(rw) \\\n 192.0.2.8(ro)\n/b/\n", "x"),
            (std::vector<ForeignExport>{{"/srv", "x"}, {"/two words", "x"}, {"/a", "x"}, {"/b", "x"}}));
}

TEST(StorageFactsRead, WhatTheMachineSays) {
  MemoryHost host;
  Index index = storage_index();
  index.appliance.cluster.roles[0].disks = {{"/media/ssd", 0, false, true}};
  host.add_file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  host.add_file("/lib/modules/6.1.0-18-amd64/modules.dep", "kernel/fs/nfsd/nfsd.ko: kernel/fs/lockd/lockd.ko\n");
  host.add_file("/etc/exports", "/srv *(ro)\n");
  host.add_file("/etc/exports.d/more.exports", "/home *(ro)\n");
  host.add_file("/etc/exports.d/rootcellar.exports", "/ours *(ro)\n");
  host.add_file("/sys/dev/block/0:1/queue/rotational", "1\n");
  host.add_file("/srv/media/sky/x", "people's");
  std::vector<std::string> unseen;
  Answers answers;
  answers.existing.nfs = ExistingNfs{"192.0.2.5", "/export", {}};
  const StorageFacts facts = read_storage_facts(host, index, answers, "/var/lib/rootcellar", unseen);
  EXPECT_TRUE(facts.has_nfsd);
  EXPECT_EQ(facts.exports, (std::vector<ForeignExport>{{"/srv", "/etc/exports"}, {"/home", "/etc/exports.d/more.exports"}}));
  EXPECT_EQ(facts.turning, (std::map<std::string, bool>{{"/media/ssd", true}}));
  EXPECT_EQ(facts.existing_nfs, "Connection refused");
  EXPECT_TRUE(facts.data.at("sky").is_occupied);
  EXPECT_FALSE(facts.data.at("sky").is_ours);
  host.add_file("/run/systemd/container", "systemd-nspawn\n");
  EXPECT_FALSE(read_storage_facts(host, index, {}, "/var/lib/rootcellar", unseen).has_nfsd);
  host.add_file("/proc/filesystems", "nodev\tnfsd\n");
  EXPECT_TRUE(read_storage_facts(host, index, {}, "/var/lib/rootcellar", unseen).has_nfsd);
}

TEST(StorageFactsRead, WhatAnInstallPutThere) {
  MemoryHost host;
  const Index index = storage_index();
  host.add_file("/srv/media/sky/near", "M31");
  const auto look = [&] {
    std::vector<std::string> unseen;
    return read_storage_facts(host, index, {}, "/var/lib/rootcellar", unseen).data.at("sky");
  };
  DataRecord record{sha256(as_bytes("sky")), "/srv/media/sky", {"near"}, {}, seal_of(host, "/srv/media/sky", {"near"}), false};
  write_data_record(host, "/var/lib/rootcellar", "sky", record);
  EXPECT_TRUE(look().is_ours && look().is_same);
  record.digest = sha256(as_bytes("before"));
  write_data_record(host, "/var/lib/rootcellar", "sky", record);
  EXPECT_TRUE(look().is_ours && !look().is_same && !look().is_changed);
  host.write_file("/srv/media/sky/near", "M31 and M33");
  EXPECT_TRUE(look().is_changed);
  host.remove("/srv/media/sky/near");
  EXPECT_FALSE(look().is_ours || look().is_occupied);
}

}  // namespace
}  // namespace rootcellar
