#include "tests/target/field/machine.h"

#include <time.h>
#include <unistd.h>

#include <chrono>

#include "builder/source/cache.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "tests/target/field/workshop.h"

namespace rootcellar::field {
namespace {

constexpr std::uint64_t k_time_limit = 900;
constexpr std::size_t k_file_limit = std::size_t{64} << 20;
constexpr timespec k_poll{0, 5'000'000};
constexpr std::chrono::minutes k_patience{10};

Answer answer_of(const ProcessResult& result) {
  return {result.exit_code, result.output, cat("exit ", result.exit_code, "\n", result.error_output)};
}

std::size_t count(std::string_view text, std::string_view piece) {
  std::size_t found = 0;
  for (std::size_t at = text.find(piece); at != text.npos; at = text.find(piece, at + piece.size())) ++found;
  return found;
}

SealedHostOptions options_of(const MachineSetup& setup, const std::string& work) {
  SealedHostOptions options;
  options.name = cat(setup.name, ::getpid() % 100000);
  options.target = {"debian", "12", "bookworm"};
  options.architecture = "amd64";
  options.work = work;
  options.root =
      setup.root.empty() ? make_root(options.target, "amd64", setup.packages, Cache::default_root(), silent_progress()) : setup.root;
  if (!setup.stick.empty()) options.read_only_binds.emplace_back(setup.stick, k_stick);
  for (const auto& [from, to] : setup.more_sticks) options.read_only_binds.emplace_back(from, to);
  return options;
}

}  // namespace

Machine::Machine(MachineSetup setup) : work_("rc-field-machine") {
  host_ = std::make_unique<SealedHost>(options_of(setup, work_.path()));
  if (!setup.like.empty()) lay_over_root(setup.like, host_->root_folder());
  write(k_key, read_file(setup.key.empty() ? workshop().public_key("site") : setup.key, k_file_limit));
  host_->boot();
}

Answer Machine::start_sh(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"sh", cat(k_stick, "/START.sh")});
  arguments.push_back("-q");
  return answer_of(host_->run(arguments, k_time_limit));
}

Answer Machine::install(std::vector<std::string> more) {
  more.insert(more.begin(), {"install", "--trust", k_key, "--yes"});
  return start_sh(std::move(more));
}

Answer Machine::installed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/usr/local/sbin/rootcellar-install");
  arguments.push_back("-q");
  return answer_of(host_->run(arguments, k_time_limit));
}

std::string Machine::shell(const std::string& script) {
  const ProcessResult result = host_->run({"/bin/bash", "-ec", script}, k_time_limit);
  if (result.exit_code != 0) throw SystemError(cat("cannot run '", script, "': exit ", result.exit_code, ": ", result.error_output));
  return result.output;
}

std::function<Answer()> Machine::begin(const std::string& name, const std::string& command) {
  const std::string base = cat("/root/", name);
  shell(cat("rm -f ", base, ".*"));
  shell(cat("{ ( ", command, " ) </dev/null >", base, ".out 2>", base, ".err && code=0 || code=$?; echo $code >", base, ".part; mv ", base,
            ".part ", base, ".code; } >/dev/null 2>&1 &"));
  return [this, base] {
    if (!await([&] { return exists(base + ".code"); })) throw SystemError(cat("no end of '", base, "'"));
    const std::string code(trim(read(base + ".code")));
    return Answer{static_cast<int>(parse_u64(code).value_or(255)), read(base + ".out"), cat("exit ", code, "\n", read(base + ".err"))};
  };
}

std::string Machine::read(const std::string& inside) const { return read_file_if_exists(path(inside), k_file_limit).value_or(""); }

void Machine::write(const std::string& inside, std::string_view text, unsigned mode) {
  make_directories(path_parent(path(inside)));
  write_file_atomically(path(inside), text, mode);
}

std::size_t Machine::journal_records() const { return count(read(k_journal), "{\"kind\":"); }

bool Machine::await(const std::function<bool()>& condition, const std::function<bool()>& ended) {
  for (const auto deadline = std::chrono::steady_clock::now() + k_patience; std::chrono::steady_clock::now() < deadline;) {
    if (condition()) return true;
    if (ended && ended()) return condition();
    ::nanosleep(&k_poll, nullptr);
  }
  return false;
}

std::string differences(const HostSnapshot& before, const HostSnapshot& after) {
  return join(compare_snapshots(before, after, false).differences, "\n");
}

HostSnapshot lasting_state(Machine& machine) {
  HostSnapshot state = machine.snapshot();
  std::erase_if(state, [](const auto& fact) { return fact.first.starts_with("mount "); });
  for (const char* name : {"content /etc/hostname", "content /etc/hosts", "content /etc/machine-id", "content /root/go", "file /root/go"})
    state.erase(name);
  std::erase_if(state, [](const auto& fact) { return fact.first.find("/root/step.") != std::string::npos; });
  return state;
}

MachineSetup setup_of(const std::string& name, const std::string& stick) {
  MachineSetup setup;
  setup.name = name;
  setup.stick = stick;
  return setup;
}

}  // namespace rootcellar::field
