// The commands that look after a cluster: what they refuse, and how they say so.
#include <gtest/gtest.h>

#include "installer/care/backup_file.h"
#include "installer/commands/kept_state.h"
#include "tests/unit/commands_installer/site_fixture.h"

namespace rootcellar {
namespace {

using test::Site;

/// A backup of one file, as bytes.
std::string backup_of(const std::string& node) {
  MemorySink sink("backup", 1u << 20);
  BackupWriter writer(sink, 1'800'000'000);
  MemorySource records(as_bytes("records"));
  writer.add("etcd/member/snap/db", 0600, 7, records);
  writer.finish(
      {.product = "cluster", .variant = "cpu", .serial = 9, .bundle = "id", .node = node, .address = "10.0.0.1", .time = 1'800'000'000});
  return std::string(as_text(sink.bytes()));
}

TEST(Care, NeedsAClusterThatWasInstalledHere) {
  Site site;
  EXPECT_EQ(site.run({"renew"}).err, "error: cannot renew: no cluster was installed on this machine\n");
  EXPECT_EQ(site.run({"readdress"}).err, "error: cannot readdress: no cluster was installed on this machine\n");
  EXPECT_EQ(site.run({"install", site.write_bundle(), "--trust", site.write_key(test::first_key()), "--yes"}).exit_code, 0);
  const auto ran = site.run({"backup", "--to", "/media"});
  EXPECT_EQ(ran.err, "error: cannot back up: no cluster was installed on this machine\n");
  EXPECT_EQ(ran.exit_code, 6);
}

TEST(Care, LeavesTheSitesOwnClusterToThoseWhoRunIt) {
  Site site;
  EXPECT_EQ(site.run({"install", site.write_bundle(), "--trust", site.write_key(test::first_key()), "--yes"}).exit_code, 0);
  const KeptState kept(site.surroundings());
  Journal journal(site.host(), kept.journal_path());
  const std::vector<Step> steps{{"site-kubeconfig", "keep the key", "", KeepSiteFile{"/root/kubeconfig", k_site_kubeconfig, "", ""}}};
  journal.append(plan_record(*kept.open(), steps, {}, 1'800'000'000));
  for (const auto& [verb, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"renew", {"renew"}}, {"readdress", {"readdress"}}, {"back up", {"backup", "--to", "/media"}}}) {
    const auto ran = site.run(words);
    EXPECT_EQ(ran.err, "error: cannot " + verb + ": the cluster is the site's own, and those who run it look after it\n");
    EXPECT_EQ(ran.exit_code, 6);
  }
  EXPECT_EQ(site.run({"ticket", "-o", "/join.ticket"}).err,
            "error: cannot make a ticket: the cluster is the site's own, and those who run it say who joins\n");
}

TEST(Care, NeedsRoot) {
  Site site;
  site.host().set_root(false);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"renew"}, {"readdress"}, {"backup", "--to", "/media"}}) {
    const std::string verb = words[0] == "backup" ? "back up" : words[0];
    EXPECT_EQ(site.run(words).err, "error: cannot " + verb + ": only root can\nhint: begin the command with 'sudo'\n");
  }
}

TEST(Restore, LaysABackupReadyAndTheNextInstallMustFit) {
  Site site;
  site.host().add_file("/proc/sys/kernel/hostname", "one\n");
  site.host().add_file("/b.tar", backup_of("one"));
  const auto asked = site.run({"restore", "/b.tar"});
  EXPECT_EQ(asked.out,
            "backup of 'cluster' (cpu, serial 9) on machine 'one' at 10.0.0.1, taken 2027-01-15T08:00:00Z\n"
            "It is laid ready; the next 'install' of the same product brings the cluster up with it.\n");
  EXPECT_EQ(asked.err, "error: cannot ask whether to restore: this is no terminal\nhint: give --yes\n");
  EXPECT_FALSE(site.host().exists("/var/lib/rootcellar/restore"));
  const auto ran = site.run({"restore", "/b.tar", "--yes"});
  EXPECT_EQ(ran.err, "Laid ready. Now run 'rootcellar-install install' from the stick, or 'rootcellar-install uninstall' to forget it.\n");
  EXPECT_EQ(site.host().read_file("/var/lib/rootcellar/restore/etcd/member/snap/db", 100), "records");
  const auto other = site.run({"install", site.write_bundle(), "--trust", site.write_key(test::first_key()), "--yes", "-q"});
  EXPECT_EQ(other.err,
            "error: cannot install 'lab-cpu-3-amd64': a backup of 'cluster', serial 9, lies ready to be restored\n"
            "hint: install that product with this serial or a later one, or forget the backup with 'rootcellar-install uninstall'\n"
            "nothing was installed\n");
  EXPECT_EQ(site.run({"uninstall", "-q"}).exit_code, 0);
  EXPECT_FALSE(site.host().exists("/var/lib/rootcellar/restore"));
}

TEST(Restore, RefusesWhatDoesNotFitThisMachine) {
  Site site;
  site.host().add_file("/proc/sys/kernel/hostname", "one\n");
  site.host().add_file("/b.tar", backup_of("two"));
  EXPECT_EQ(site.run({"restore", "/none.tar", "--yes"}).err, "error: cannot restore '/none.tar': expected a file, found none\n");
  EXPECT_EQ(site.run({"restore", "/b.tar", "--yes"}).err,
            "error: cannot restore: the backup is of machine 'two', and this one is 'one'\n"
            "hint: the cluster knows its node by name: run 'hostnamectl set-hostname two' first; the address may be another\n");
  site.host().add_file("/proc/sys/kernel/hostname", "two\n");
  site.host().set_space({.available = 10, .total = 100, .device = 1, .read_only = false, .filesystem = "ext4"});
  EXPECT_EQ(site.run({"restore", "/b.tar", "--yes"}).err, "error: cannot restore: '/var/lib/rootcellar' needs 14 B, and 10 B are free\n");
  site.host().add_file("/var/lib/rootcellar/secrets/db", "earlier");
  EXPECT_EQ(site.run({"restore", "/b.tar", "--yes"}).err,
            "error: cannot restore: an earlier installation left secrets in '/var/lib/rootcellar/secrets', and the backup brings its own\n"
            "hint: run 'rootcellar-install uninstall --purge-data' first\n");
  site.host().add_file("/etc/kubernetes/admin.conf", "a kubeconfig");
  EXPECT_EQ(site.run({"restore", "/b.tar", "--yes"}).err,
            "error: cannot restore: there is a cluster on this machine already: '/etc/kubernetes/admin.conf'\n");
}

}  // namespace
}  // namespace rootcellar
