#include "builder/rehearse/host_record.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "builder/rehearse/host_cgroups.h"
#include "builder/rehearse/sealed_lan.h"
#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_record_limit = std::size_t{64} << 10;
constexpr std::size_t k_stat_limit = 4096;
constexpr std::size_t k_longest_name = 64;
constexpr std::string_view k_ending = ".json";
constexpr int k_end_tries = 100;  // 50 ms apart

/// Field 22 of /proc/PID/stat (proc(5)); the name before it may hold anything, also brackets. A zombie has ended.
std::optional<std::uint64_t> start_of(pid_t process) {
  const auto stat = read_file_if_exists(cat("/proc/", process, "/stat"), k_stat_limit);
  const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
  if (name_end == std::string::npos || name_end + 2 > stat->size()) return std::nullopt;
  const auto fields = split(std::string_view(*stat).substr(name_end + 2), ' ');  // from the third on
  return fields.size() > 19 && fields[0] != "Z" ? parse_u64(fields[19]) : std::nullopt;
}

/// A record decides what root removes: nothing that is not named as ours are.
std::string checked_name(const std::string& name, std::string_view what) {
  const bool good = name.starts_with("rc-") && name.size() <= k_longest_name &&
                    name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!good) throw InputError(cat("expected a name that begins with 'rc-' as ", what, ", found '", printable(name), "'"));
  return name;
}

std::string checked_folder(const std::string& folder) {
  if (!folder.starts_with('/') || folder.size() < 2) throw InputError(cat("expected an absolute path, found '", printable(folder), "'"));
  return folder;
}

std::vector<std::string> texts(const JsonValue& record, std::string_view name) {
  std::vector<std::string> out;
  const JsonValue* list = record.find(name);
  for (const JsonValue& item : list != nullptr ? list->items() : std::vector<JsonValue>{}) out.push_back(item.as_string());
  return out;
}

HostTraces decode(const std::string& text, const std::string& path) {
  const JsonValue record = parse_json(text, path, {.bytes = k_record_limit});
  HostTraces traces;
  traces.host = printable(record.text("host").value_or(""));
  for (const std::string& name : texts(record, "networks")) traces.networks.push_back(checked_name(name, "a network"));
  for (const std::string& folder : texts(record, "folders")) traces.folders.push_back(checked_folder(folder));
  traces.cgroup = checked_name(record.text("cgroup").value_or(""), "a control group");
  traces.process = static_cast<pid_t>(std::min<std::uint64_t>(record.u64("process").value_or(0), INT32_MAX));
  traces.process_start = record.u64("process_start").value_or(0);
  return traces;
}

void kill_process(const HostTraces& traces) {
  constexpr timespec pause{0, 50'000'000};
  const auto lives = [&] { return traces.process > 1 && start_of(traces.process) == traces.process_start; };
  if (!lives()) return;
  ::kill(traces.process, SIGKILL);
  for (int tries = 0; tries < k_end_tries && lives(); ++tries) ::nanosleep(&pause, nullptr);
}

void take_away(const HostTraces& traces) {
  kill_process(traces);
  remove_host_cgroups(traces.cgroup);
  for (const std::string& network : traces.networks) remove_host_network(network);
  ::rmdir(cat("/run/systemd/nspawn/propagate/", traces.cgroup).c_str());
  for (const std::string& folder : traces.folders) {
    if (file_status(folder)) remove_tree(folder);
  }
}

std::string place_of_record(const std::string& records, const std::string& host) {
  make_directories(records, 0700);
  return path_join(records, cat(host, k_ending));
}

std::string lock_of(const std::string& record) { return cat(record, ".lock"); }

void forget(const std::string& record) {
  remove_file(record);
  remove_file(lock_of(record));
}

/// Nothing: its owner lives.
std::optional<FileLock> lock_of_the_dead(const std::string& record) {
  try {
    return FileLock(lock_of(record));
  } catch (const SystemError&) {
    return std::nullopt;
  }
}

void remove_if_dead(const std::string& record, Progress& progress) {
  const std::optional<FileLock> dead = lock_of_the_dead(record);
  if (!dead) return;
  try {
    const HostTraces traces = decode(read_file(record, k_record_limit), record);
    take_away(traces);
    forget(record);
    progress.note(cat("taken away: what the host '", traces.host, "' of a killed rehearsal had left"));
  } catch (const Error& error) {
    progress.warn(cat("cannot take away what '", record, "' tells of: ", error.message()));
  }
}

}  // namespace

HostRecord::HostRecord(const std::string& records, HostTraces traces)
    : path_(place_of_record(records, traces.host)), lock_(lock_of(path_)), traces_(std::move(traces)) {
  write();
}

HostRecord::~HostRecord() {
  try {
    forget(path_);
  } catch (const Error&) {
    // The next rehearsal finds nothing to take away, and removes it.
  }
}

void HostRecord::add_folder(const std::string& folder) {
  traces_.folders.push_back(folder);
  write();
}

void HostRecord::set_process(pid_t process) {
  traces_.process = process;
  traces_.process_start = start_of(process).value_or(0);
  write();
}

void HostRecord::write() const {
  const JsonValue record = JsonValue::object({{"host", JsonValue::string(traces_.host)},
                                              {"networks", JsonValue::string_array(traces_.networks)},
                                              {"cgroup", JsonValue::string(traces_.cgroup)},
                                              {"folders", JsonValue::string_array(traces_.folders)},
                                              {"process", JsonValue::number(static_cast<std::uint64_t>(traces_.process))},
                                              {"process_start", JsonValue::number(traces_.process_start)}});
  write_file_atomically(path_, cat(record.dump(), "\n"), 0600);
}

void remove_dead_hosts(const std::string& records, Progress& progress) {
  if (!file_status(records)) return;
  for (const std::string& name : list_directory(records)) {
    if (name.ends_with(k_ending)) remove_if_dead(path_join(records, name), progress);
  }
}

}  // namespace rootcellar
