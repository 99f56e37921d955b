#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/backup.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"

namespace rootcellar {
namespace {

struct RestoreOptions {
  std::string file;
  bool yes = false;
};

void require_fresh_machine(Surroundings& surroundings) {
  if (KeptState(surroundings).open()) {
    throw HostError(
        "cannot restore: something is installed on this machine",
        "a backup comes back on a machine without a cluster: after 'rootcellar-install uninstall --purge-data', or on another one");
  }
  for (const char* path : {"/etc/kubernetes/admin.conf", "/etc/kubernetes/manifests/kube-apiserver.yaml", "/var/lib/etcd/member"}) {
    if (surroundings.host.exists(path)) throw HostError(cat("cannot restore: there is a cluster on this machine already: '", path, "'"));
  }
  const std::string secrets = surroundings.paths.secrets();
  if (!surroundings.host.list(secrets).empty()) {
    throw HostError(cat("cannot restore: an earlier installation left secrets in '", secrets, "', and the backup brings its own"),
                    "run 'rootcellar-install uninstall --purge-data' first");
  }
}

void require_same_name(const BackupFacts& facts, HostSystem& host) {
  const std::string name(trim(host.read_file("/proc/sys/kernel/hostname", 4096).value_or("")));
  if (name == facts.node) return;
  throw HostError(
      cat("cannot restore: the backup is of machine '", facts.node, "', and this one is '", name, "'"),
      cat("the cluster knows its node by name: run 'hostnamectl set-hostname ", facts.node, "' first; the address may be another"));
}

/// It lies ready, and then in /var/lib/etcd too.
void require_room(const CheckedBackup& backup, Surroundings& surroundings) {
  const SpaceFacts space = surroundings.host.space(surroundings.paths.state);
  const std::uint64_t needed = backup.bytes * 2;
  if (space.available >= needed) return;
  throw HostError(cat("cannot restore: '", surroundings.paths.state, "' needs ", human_size(needed), ", and ", human_size(space.available),
                      " are free"));
}

std::string backup_line(const BackupFacts& facts) {
  return cat("backup of '", facts.product, "' (", facts.variant, ", serial ", facts.serial, ") on machine '", facts.node, "' at ",
             facts.address, ", taken ", format_time(facts.time));
}

ExitCode restore(cli::Console& console, const RestoreOptions& options, Surroundings& surroundings) {
  require_alone("restore", surroundings);
  const FileLock lock(surroundings.lock);
  require_fresh_machine(surroundings);
  BundleOptions place;
  place.bundle = options.file;
  const std::string file = place.places().front();
  const CheckedBackup checked = check_backup(file, surroundings.host);
  require_same_name(checked.facts, surroundings.host);
  require_room(checked, surroundings);
  if (!console.json())
    console.print(
        cat(backup_line(checked.facts), "\nIt is laid ready; the next 'install' of the same product brings the cluster up with it.\n"));
  confirm(options.yes, "restore", console);
  RunContext context{.host = surroundings.host, .progress = console.progress(), .paths = surroundings.paths};
  const Step step = care_step("restore");
  lay_ready(file, checked.facts, {step, context});
  console.say("Laid ready. Now run 'rootcellar-install install' from the stick, or 'rootcellar-install uninstall' to forget it.");
  return ExitCode::ok;
}

}  // namespace

cli::Command restore_command(Surroundings& surroundings) {
  auto options = std::make_shared<RestoreOptions>();
  cli::Command command;
  command.name = "restore";
  command.summary = "bring a cluster back from a backup, with the next install";
  command.description =
      "Checks the whole file, then lays it ready on a machine that has no cluster. The next install of the same product uses its answers, "
      "its secrets, its keys and its records instead of new ones. The machine needs the name that the backup says; its address may be "
      "another.";
  command.examples = {"sudo rootcellar-install restore /media/stick2/lab-cluster-one-2026-11-25T10-45-00Z.tar"};
  command.options = {{.names = "BACKUP", .help = "the file that 'backup' wrote", .text = &options->file, .required = true},
                     {.names = "--yes", .help = "do not ask whether to go on", .flag = &options->yes}};
  command.run = [options, &surroundings](cli::Console& console) { return restore(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
