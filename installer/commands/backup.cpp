#include "installer/care/backup.h"

#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/open_bundle.h"
#include "installer/commands/program.h"
#include "installer/plan/facts.h"
#include "installer/run/node_address.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;

struct BackupOptions {
  std::string folder;
  bool yes = false;
};

BackupFacts facts_of(const CareSetting& setting, HostSystem& host) {
  const Header& header = setting.bundle.header();
  return {.product = header.product,
          .variant = header.variant,
          .serial = header.serial,
          .bundle = setting.bundle.verified().id(),
          .node = std::string(trim(host.read_file("/proc/sys/kernel/hostname", k_limit).value_or(""))),
          .address = address_in_config(host.read_file(setting.node.config, k_limit).value_or("")),
          .time = host.now()};
}

std::string what_it_does(const std::string& folder) {
  return cat("Writes the cluster's records (etcd), its keys, the answers and the secrets made here into one file in '", folder,
             "'.\nThe API server does not answer while etcd's files are copied, usually less than a minute; pods run on.\n"
             "Whoever has the file has the cluster: keep it as you keep a key. What pods keep on disks is not in it.\n");
}

ExitCode backup(cli::Console& console, const BackupOptions& options, Surroundings& surroundings) {
  const CareSetting setting = open_care("back up", surroundings);
  BundleOptions place;
  place.bundle = options.folder;
  const std::string folder = place.places().front();
  RunContext context{.host = surroundings.host, .progress = console.progress(), .paths = surroundings.paths};
  const Step step = care_step("backup");
  const ActionScope scope{step, context};
  require_backup_possible(folder, scope);
  if (!console.json()) console.print(what_it_does(folder));
  confirm(options.yes, "back up", console);
  const std::string path = take_backup(folder, facts_of(setting, surroundings.host), scope);
  const auto found = surroundings.host.status(path);
  const std::uint64_t bytes = found ? found->size : 0;
  if (console.json())
    console.event("backed-up", JsonValue::object({{"path", JsonValue::string(path)}, {"bytes", JsonValue::number(bytes)}}));
  if (!console.json()) console.print(cat(path, ", ", human_size(bytes), "\n"));
  return ExitCode::ok;
}

}  // namespace

cli::Command backup_command(Surroundings& surroundings) {
  auto options = std::make_shared<BackupOptions>();
  cli::Command command;
  command.name = "backup";
  command.summary = "write the cluster's memory into one file";
  command.description =
      "Writes etcd's data, the cluster's keys, the site's answers, the secrets made here and what is installed into one tar file, readable "
      "by root only, with a digest of every member. Stops etcd for as long as the copy takes; pods run on. Asks for room first. What pods "
      "keep on disks is not in it.";
  command.examples = {"sudo rootcellar-install backup --to /media/stick2"};
  command.options = {
      {.names = "--to", .value = "DIR", .help = "the folder for the file; it must be there", .text = &options->folder, .required = true},
      {.names = "--yes", .help = "do not ask whether to go on", .flag = &options->yes}};
  command.run = [options, &surroundings](cli::Console& console) { return backup(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
