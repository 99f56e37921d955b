#include "installer/care/backup.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/backup_file.h"
#include "tests/support/failing_host.h"
#include "tests/support/memory_host.h"
#include "tests/support/thrown.h"

namespace rootcellar::test {
namespace {

constexpr const char* k_db = "/var/lib/etcd/member/snap/db";

BackupFacts facts() {
  return {.product = "lab", .variant = "cpu", .serial = 3, .bundle = "id", .node = "one", .address = "10.0.0.1", .time = 1'800'000'000};
}

/// Of two members, as bytes.
std::string small_backup() {
  MemorySink sink("backup", 1u << 20);
  BackupWriter writer(sink, 1'800'000'000);
  for (const std::string content : {"", "some data"}) {
    MemorySource source(as_bytes(content));
    writer.add(cat("etcd/", content.size()), 0600, content.size(), source);
  }
  writer.finish(facts());
  return std::string(as_text(sink.bytes()));
}

std::string read_all_of(const std::string& bytes) {
  MemorySource source(as_bytes(bytes));
  return message_of([&] { read_backup(source, "b.tar", [](const std::string&, unsigned, Source&) {}); });
}

TEST(BackupFile, IsReadBackAsItWasWritten) {
  const std::string bytes = small_backup();
  MemorySource source(as_bytes(bytes));
  std::string seen;
  const BackupFacts read = read_backup(source, "b.tar", [&](const std::string& name, unsigned mode, Source& content) {
    seen += cat(name, " ", mode, " ", as_text(read_all(content, name, 100)), ";");
  });
  EXPECT_EQ(read, facts());
  EXPECT_EQ(seen, "etcd/0 384 ;etcd/9 384 some data;");
}

TEST(BackupFile, CutAnywhereIsRefused) {
  const std::string bytes = small_backup();
  const std::size_t end = bytes.rfind("}\n") + 2;  // of the manifest; only zeros follow, which tell nothing more
  for (std::size_t length = 0; length < end; length += 7)
    EXPECT_TRUE(read_all_of(bytes.substr(0, length)).starts_with("'b.tar' is no whole backup: ")) << length;
  EXPECT_EQ(read_all_of(""), "'b.tar' is no whole backup: it was cut");
  EXPECT_EQ(read_all_of(bytes), "no error");
}

TEST(BackupFile, EachByteOfTheDataCounts) {
  const std::string bytes = small_backup();
  const std::size_t data = bytes.find("some data");
  for (std::size_t i = 0; i < 9; ++i) {
    std::string other = bytes;
    other[data + i] ^= 1;
    EXPECT_EQ(read_all_of(other), "'b.tar' is no whole backup: 'etcd/9' is not what its manifest says");
  }
}

TEST(BackupFile, OtherFilesAreRefused) {
  EXPECT_EQ(read_all_of(std::string(4096, 'x')), "'b.tar' is no whole backup: expected a member of a backup, found other bytes");
  EXPECT_EQ(read_all_of(std::string(4096, '\0')), "'b.tar' is no whole backup: it has no manifest");
}

TEST(BackupFile, LaterFormatIsRefused) {
  JsonValue manifest = encode_backup_facts(facts());
  manifest.set("rootcellar-backup", JsonValue::number(2));
  EXPECT_EQ(message_of([&] { decode_backup_facts(manifest, "b.tar"); }), "'b.tar' is a backup of format 2; this program reads 1");
  EXPECT_EQ(message_of([] { decode_backup_facts(JsonValue::object(), "b.tar"); }), "'b.tar' is no backup of a cluster");
}

TEST(BackupFile, MemberThatGrowsIsNotTaken) {
  MemorySink sink("backup", 1u << 20);
  BackupWriter writer(sink, 0);
  MemorySource source(as_bytes("longer than it was"));
  EXPECT_EQ(message_of([&] { writer.add("etcd/wal", 0600, 6, source); }), "cannot back up 'etcd/wal': it changed while it was read");
}

class Backup : public ::testing::Test {
 protected:
  Backup() {
    host_.add_file(k_db, "records", 0600);
    host_.add_file("/etc/kubernetes/pki/ca.key", "a key", 0600);
    host_.add_file("/etc/kubernetes/pki/ca.crt", "a certificate");
    host_.add_file("/etc/kubernetes/pki/apiserver.crt", "for an address");
    host_.add_file("/etc/kubernetes/admin.conf", "a kubeconfig");
    host_.add_file("/var/lib/rootcellar/secrets/db", "secret", 0600);
    host_.add_file("/etc/rootcellar/answers.yaml", "cluster: {}\n");
    host_.add_directories("/media/stick");
    host_.add_file("/proc/41/comm", "etcd\n");
    host_.add_file("/proc/41/cmdline", "etcd --cert-file=/etc/kubernetes/pki/etcd/server.crt");
    host_.add_file("/proc/41/cgroup", "1:name=systemd:/kubepods.slice/cri-containerd-1.scope\n");
    host_.add_file("/proc/42/comm", "etcd\n");
    host_.add_file("/proc/42/cmdline", "etcd --data-dir=/theirs");
    host_.add_file("/proc/42/cgroup", "1:name=systemd:/kubepods.slice/cri-containerd-2.scope\n");
    host_.set_tool("/usr/bin/systemctl", [this](MemoryHost& host, const ToolCall& call) {
      said_ += cat(join(std::vector<std::string>(call.argv.begin() + 1, call.argv.end()), " "), ";");
      if (call.argv.back() == "cri-containerd-1.scope") host.remove_tree("/proc/41");
      return ToolResult{};
    });
    host_.set_tool("/usr/local/bin/kubectl", [this](MemoryHost&, const ToolCall&) { return ToolResult{0, false, nodes_, ""}; });
  }
  std::string take() { return take_backup("/media/stick", facts(), scope_); }

  MemoryHost host_;
  std::string nodes_ = R"({"items":[{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":""}}},{"metadata":{"labels":{}}}]})";
  std::string said_;
  RunContext context_{.host = host_, .progress = silent_progress()};
  Step step_{"backup", "", "", RemoveSpool{}};
  ActionScope scope_{step_, context_};
};

TEST_F(Backup, StopsEtcdOnlyAndStartsTheKubeletAgain) {
  EXPECT_EQ(take(), "/media/stick/lab-one-2027-01-15T08-00-00Z.tar");
  EXPECT_EQ(said_, "stop kubelet.service;stop cri-containerd-1.scope;start kubelet.service;");
  EXPECT_EQ(host_.status("/media/stick/lab-one-2027-01-15T08-00-00Z.tar")->mode, 0600u);
}

TEST_F(Backup, StartsTheKubeletAfterAFailureToo) {
  host_.remove_tree("/media/stick");
  EXPECT_NE(message_of([&] { take(); }), "no error");
  EXPECT_TRUE(said_.ends_with("start kubelet.service;")) << said_;
}

TEST_F(Backup, RefusesBeforeItTouchesAnything) {
  const auto possible = [&](const std::string& folder) { return message_of([&] { require_backup_possible(folder, scope_); }); };
  EXPECT_EQ(possible("/media/stick"), "no error");
  EXPECT_EQ(possible("/media/other"), "cannot back up to '/media/other': expected a folder, found none");
  EXPECT_EQ(possible("/etc/rootcellar/answers.yaml"),
            "cannot back up to '/etc/rootcellar/answers.yaml': expected a folder, found something else");
  host_.set_space({.available = 1000, .total = 1u << 31, .device = 1, .read_only = false, .filesystem = "ext4"});
  EXPECT_EQ(possible("/media/stick"), "cannot back up to '/media/stick': it needs 67.2 MB, and 1.0 kB are free");
  host_.set_space({.available = 1u << 30, .total = 1u << 31, .device = 1, .read_only = true, .filesystem = "iso9660"});
  EXPECT_EQ(possible("/media/stick"), "cannot back up to '/media/stick': its filesystem is read-only");
  host_.set_space({.available = 1u << 30, .total = 1u << 31, .device = 1, .read_only = false, .filesystem = "ext4"});
  nodes_ =
      R"({"items":[{"metadata":{"labels":{"node-role.kubernetes.io/master":""}}},{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":""}}}]})";
  EXPECT_EQ(possible("/media/stick"), "cannot back up: the cluster has 2 control-plane nodes, and 'restore' brings back one");
  host_.remove("/etc/kubernetes/pki/ca.key");
  EXPECT_EQ(possible("/media/stick"),
            "cannot back up: this machine has no part of a cluster's memory (/var/lib/etcd, /etc/kubernetes/pki/ca.key)");
  EXPECT_EQ(said_, "");
}

TEST_F(Backup, ComesBackOnAFreshMachine) {
  const std::string path = take();
  const std::string bytes = *host_.read_file(path, 1u << 20);
  MemoryHost fresh;
  fresh.add_file("/b.tar", bytes);
  RunContext context{.host = fresh, .progress = silent_progress()};
  const ActionScope scope{step_, context};
  const CheckedBackup checked = check_backup("/b.tar", fresh);
  EXPECT_EQ(checked.facts, facts());
  lay_ready("/b.tar", checked.facts, scope);
  EXPECT_EQ(pending_restore(fresh, context.paths), facts());
  EXPECT_EQ(restored_answers(fresh, context.paths), "cluster: {}\n");
  put_back_secrets(fresh, context.paths);
  EXPECT_EQ(fresh.read_file("/var/lib/rootcellar/secrets/db", 100), "secret");
  EXPECT_EQ(fresh.status("/var/lib/rootcellar/secrets/db")->mode, 0600u);
  EXPECT_TRUE(put_back_cluster(scope));
  EXPECT_EQ(fresh.read_file(k_db, 100), "records");
  EXPECT_EQ(fresh.read_file("/etc/kubernetes/pki/ca.key", 100), "a key");
  EXPECT_FALSE(fresh.exists("/etc/kubernetes/pki/apiserver.crt"));
  forget_restore(fresh, context.paths);
  EXPECT_FALSE(fresh.exists(restore_folder(context.paths)));
  EXPECT_FALSE(put_back_cluster(scope));
}

/// Killed anywhere while it is laid ready: it is not taken for the whole, and the next try ends well.
TEST_F(Backup, IsLaidReadyWholeOrNotAtAll) {
  const std::string path = take();
  const std::string bytes = *host_.read_file(path, 1u << 20);
  bool killed = true;
  for (std::uint64_t call = 1; killed; ++call) {
    MemoryHost fresh;
    fresh.add_file("/b.tar", bytes);
    FailingHost failing(fresh, call, FailingHost::Failure::kill_before);
    RunContext context{.host = failing, .progress = silent_progress()};
    killed = false;
    try {
      lay_ready("/b.tar", facts(), {step_, context});
    } catch (const Killed&) {
      killed = true;
    }
    const bool ready = pending_restore(fresh, context.paths).has_value();
    if (ready) {
      EXPECT_EQ(fresh.read_file("/var/lib/rootcellar/restore/etcd/member/snap/db", 100), "records") << call;
    }
    RunContext again{.host = fresh, .progress = silent_progress()};
    lay_ready("/b.tar", facts(), {step_, again});
    EXPECT_EQ(pending_restore(fresh, again.paths), facts());
  }
}

}  // namespace
}  // namespace rootcellar::test
