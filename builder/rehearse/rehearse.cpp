#include "builder/rehearse/rehearse.h"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "builder/rehearse/host_record.h"
#include "builder/rehearse/snapshot.h"
#include "builder/rehearse/tool.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t k_install_limit = 3600, k_status_limit = 900, k_leak_limit = 60;
constexpr std::chrono::seconds k_settle_limit{300};
constexpr timespec k_look_again{2, 0};
constexpr std::size_t k_trust_limit = std::size_t{1} << 20;
constexpr std::size_t k_answers_limit = std::size_t{1} << 20;
constexpr const char* k_answers = "/root/answers.yaml";
constexpr std::size_t k_tail_lines = 30;
constexpr const char* k_stick = "/media/stick";
// A name and an address that are nobody's: RFC 2606 and RFC 5737.
constexpr const char* k_leak_script = "getent hosts rehearsal.example.org; timeout 2 bash -c ': > /dev/tcp/203.0.113.7/443'; true";
constexpr const char* k_leak_query = ":53 dns rehearsal.example.org";
constexpr const char* k_leak_syn = "-> 203.0.113.7:443 syn";

/// A step that did not prove what it had to; becomes the last row of the table.
class NotProven : public Error {
 public:
  explicit NotProven(std::string reason) : Error(ExitCode::failed_check, std::move(reason)) {}
};

bool contains_line(const SealCount& count, std::string_view piece) {
  return std::any_of(count.lines.begin(), count.lines.end(),
                     [&](const std::string& line) { return line.find(piece) != std::string::npos; });
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) { return cat(count, " ", count == 1 ? one : many); }

std::string tail(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) lines.push_back(printable(line));
  }
  if (lines.size() > k_tail_lines) lines.erase(lines.begin(), lines.end() - k_tail_lines);
  return join(lines, "\n");
}

/// The first line of an error among what a program said, else its last line.
std::string what_failed(const ProcessResult& result) {
  const std::string said = cat(result.output, "\n", result.error_output);
  for (const std::string_view line : split(said, '\n')) {
    if (line.starts_with("error: ")) return printable(line.substr(7));
  }
  return result.timed_out ? "it did not end in time" : last_line(said);
}

class Rehearsal {
 public:
  Rehearsal(Bundle& bundle, const RehearseOptions& options, Progress& progress) : bundle_(bundle), options_(options), progress_(progress) {}

  RehearsalReport run() {
    report_.passed = step("root", [&] { return make_the_root(); }) && step("boot", [&] { return boot(); }) &&
                     step("seal", [&] { return prove_the_seal(); }) && step("before", [&] { return look_before(); }) &&
                     step("install", [&] { return install(); }) && step("status", [&] { return status(); }) &&
                     step("silence", [&] { return prove_silence(); }) && step("reboot", [&] { return reboot(); }) &&
                     step("status", [&] { return settled(); }) && step("silence", [&] { return prove_silence(); }) &&
                     (options_.keep || take_back());
    if (options_.keep && host_) leave();
    return std::move(report_);
  }

 private:
  bool take_back() {
    return step("uninstall", [&] { return uninstall(); }) && step("compare", [&] { return compare(false); }) &&
           step("reboot", [&] { return reboot(); }) && step("compare", [&] { return compare(true); });
  }

  template <typename Action>
  bool step(const std::string& name, Action&& action) {
    const ProgressTask task(progress_, cat("rehearsal: ", name), 0, false);
    RehearsalRow row{name, 0, true, {}};
    const auto start = Clock::now();
    try {
      row.proof = action();
    } catch (const NotProven& error) {
      row.passed = false;
      row.proof = error.message();
    } catch (Error& error) {
      if (report_.rows.empty()) throw;
      row.passed = false;
      row.proof = error.message();
    }
    row.milliseconds = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
    progress_.note(cat(row.passed ? "passed: " : "FAILED: ", name, ": ", row.proof));
    report_.rows.push_back(row);
    return row.passed;
  }

  const TargetRelease& target() const { return bundle_.index().appliance.target; }

  std::string make_the_root() {
    root_ = make_root(target(), bundle_.header().architecture, options_.with, options_.cache_root, progress_);
    return cat(target().distribution, " ", target().version, " ", bundle_.header().architecture, " from this machine's package sources");
  }

  SealedHostOptions host_options() const {
    SealedHostOptions host;
    host.name = cat("re", ::getpid());
    host.target = target();
    host.architecture = bundle_.header().architecture;
    host.work = scratch_ ? scratch_->path() : options_.work;
    host.scratch = scratch_ ? scratch_->path() : "";
    host.root = root_;
    host.read_only_binds = {{options_.stick, k_stick}};
    for (std::size_t number = 0; number < options_.more_sticks.size(); ++number) {
      host.read_only_binds.emplace_back(options_.more_sticks[number], cat(k_stick, number + 2));
    }
    return host;
  }

  /// The scratch folder is made this late so that no moment is long in which it is there and in no host's record.
  std::string boot() {
    if (options_.work.empty()) scratch_ = std::make_unique<TemporaryDirectory>("rc-rehearsal");
    host_ = std::make_unique<SealedHost>(host_options());
    if (!options_.like.empty()) lay_over_root(options_.like, host_->root_folder());
    trust_ = cat("/root/", path_name(options_.trust_file));
    write_file_atomically(host_->root_folder() + trust_, read_file(options_.trust_file, k_trust_limit));
    if (!options_.answers_file.empty())
      write_file_atomically(host_->root_folder() + k_answers, read_file(options_.answers_file, k_answers_limit));
    host_->boot();
    const ProcessResult units = host_->run({"systemctl", "list-units", "--state=running", "--no-legend", "--plain"}, k_leak_limit);
    return cat("systemd is up, ", counted(split(trim(units.output), '\n').size(), "unit", "units"),
               " running, the stick is attached read-only");
  }

  /// A recorder that hears nothing proves nothing: first it must hear us.
  std::string prove_the_seal() {
    host_->run({"/bin/bash", "-c", k_leak_script}, k_leak_limit);
    const SealCount count = host_->seal_count();
    if (!contains_line(count, k_leak_query)) throw NotProven("a deliberate DNS query was not recorded");
    if (!contains_line(count, k_leak_syn)) throw NotProven("a deliberate TCP SYN was not recorded");
    host_->reset_seal_count();
    return "a deliberate DNS query and a deliberate SYN were recorded and not answered";
  }

  std::string prove_silence() {
    const SealCount count = host_->seal_count();
    if (count.packets == 0) return "0 packets tried to leave";
    for (const std::string& line : count.lines) progress_.warn(cat("tried to leave: ", line));
    throw NotProven(cat(counted(count.packets, "packet", "packets"), " tried to leave, the first: ", count.lines.front()));
  }

  std::string look_before() {
    before_ = take_snapshot(*host_);
    return counted(before_.size(), "fact", "facts");
  }

  ProcessResult must_run(const std::vector<std::string>& argv, std::uint64_t limit) {
    const ProcessResult result = host_->run(argv, limit, [&](std::string_view line) { progress_.note(cat("  ", printable(line))); });
    if (result.exit_code == 0) return result;
    progress_.warn(
        cat("'", join(argv, " "), "' ended with exit code ", result.exit_code, "\n", tail(cat(result.output, "\n", result.error_output))));
    throw NotProven(cat("exit code ", result.exit_code, ": ", what_failed(result)));
  }

  std::string install() {
    std::vector<std::string> argv{"sh", cat(k_stick, "/START.sh"), "install", "--trust", trust_, "--yes"};
    if (!options_.answers_file.empty()) argv.insert(argv.end(), {"--answers", k_answers});
    for (std::size_t number = 0; number < options_.more_sticks.size(); ++number)
      argv.insert(argv.end(), {"--from", cat(k_stick, number + 2)});
    if (!options_.bundle.empty()) argv.insert(argv.end(), {"--bundle", options_.bundle});
    must_run(argv, k_install_limit);
    return "START.sh on the stick installed it";
  }

  std::string status() {
    const ProcessResult result = host_->run({"/usr/local/sbin/rootcellar-install", "status", "--json"}, k_status_limit);
    const StatusCount count = read_status(result.output);
    if (result.exit_code == 0 && count.bad.empty()) return cat(count.good, " of ", count.good, " as they should be");
    if (count.bad.empty()) throw NotProven(cat("exit code ", result.exit_code, ": ", what_failed(result)));
    throw NotProven(cat(counted(count.bad.size(), "step is", "steps are"), " not as they should be: ", join(count.bad, "; ")));
  }

  /// A cluster goes on coming up after its host is up; a person would look again too.
  std::string settled() {
    for (const auto start = Clock::now();; ::nanosleep(&k_look_again, nullptr)) {
      poll_interrupt();
      const auto waited = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start);
      try {
        return cat(status(), ", ", waited.count(), " s after it was up");
      } catch (const NotProven&) {
        if (waited > k_settle_limit) throw;
      }
    }
  }

  struct StatusCount {
    std::size_t good = 0;
    std::vector<std::string> bad;
  };

  static StatusCount read_status(const std::string& output) {
    StatusCount count;
    for (const std::string_view line : split(output, '\n')) {
      if (!line.starts_with("{\"event\":\"status\"")) continue;
      const JsonValue event = parse_json(line, "status");
      const JsonValue* steps = event.find("steps");
      for (const JsonValue& one : steps ? steps->items() : std::vector<JsonValue>{}) {
        if (one.truth("good").value_or(false)) {
          ++count.good;
        } else {
          count.bad.push_back(cat(one.text("id").value_or(""), ": ", one.text("state").value_or("")));
        }
      }
    }
    return count;
  }

  std::string reboot() {
    host_->reboot();
    return "down in order, and up again";
  }

  std::string uninstall() {
    must_run({"/usr/local/sbin/rootcellar-install", "uninstall", "--yes"}, k_install_limit);
    return "it took back what it made";
  }

  std::string compare(bool booted_since) {
    const SnapshotComparison comparison = compare_snapshots(before_, take_snapshot(*host_), booted_since);
    report_.differences = comparison.differences;
    report_.tolerated = comparison.tolerated;
    if (!comparison.differences.empty()) {
      throw NotProven(
          cat(counted(comparison.differences.size(), "difference", "differences"), ", the first: ", comparison.differences.front()));
    }
    return cat(counted(before_.size(), "fact", "facts"), " as before, but for ",
               counted(comparison.tolerated.size(), "tolerated kind", "tolerated kinds"), " of difference");
  }

  void leave() {
    host_->keep();
    report_.enter = host_->enter_command();
    if (scratch_) static_cast<void>(scratch_.release());  // the host lives in it
  }

  Bundle& bundle_;
  const RehearseOptions& options_;
  Progress& progress_;
  RehearsalReport report_;
  std::unique_ptr<TemporaryDirectory> scratch_;  ///< before host_: it must outlive it
  std::unique_ptr<SealedHost> host_;
  std::string root_, trust_;
  HostSnapshot before_;
};

void check_this_machine(const Bundle& bundle) {
  if (::geteuid() != 0)
    throw HostError("cannot rehearse here: expected to run as root, found another user", "begin the command with 'sudo'");
  utsname machine{};
  ::uname(&machine);
  const std::string expected = bundle.header().architecture == "arm64" ? "aarch64" : "x86_64";
  if (expected != machine.machine) throw HostError(cat("cannot rehearse here: expected a ", expected, " machine, found ", machine.machine));
}

}  // namespace

RehearsalReport rehearse(Bundle& bundle, const RehearseOptions& options, Progress& progress) {
  check_this_machine(bundle);
  remove_dead_hosts(k_host_records, progress);
  return Rehearsal(bundle, options, progress).run();
}

}  // namespace rootcellar
