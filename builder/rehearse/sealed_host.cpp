#include "builder/rehearse/sealed_host.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <chrono>

#include "builder/rehearse/host_cgroups.h"
#include "builder/rehearse/host_record.h"
#include "builder/rehearse/nspawn.h"
#include "builder/rehearse/sealed_lan.h"
#include "builder/rehearse/tool.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds k_boot_limit{180};
constexpr std::chrono::seconds k_shutdown_limit{120};
constexpr std::uint64_t k_command_limit = 60;
constexpr timespec k_poll{0, 100'000'000};
constexpr std::size_t k_output_limit = std::size_t{32} << 20;  // a list of all files fits
constexpr std::size_t k_log_limit = std::size_t{16} << 20;
constexpr std::size_t k_mountinfo_limit = std::size_t{1} << 20;

const std::vector<std::string>& login_environment() {
  static const std::vector<std::string> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                                                    "USER=root", "LANG=C.UTF-8", "TERM=dumb"};
  return environment;
}

}  // namespace

struct SealedHost::State {
  SealedHostOptions options;
  std::unique_ptr<HostRecord> record;  ///< before all it tells of: it goes last
  std::unique_ptr<SealedLan> own_lan;
  SealedLan* lan = nullptr;
  std::unique_ptr<HostCgroups> cgroups;
  NspawnProcess process;
  std::unique_ptr<TemporaryDirectory> folder;  ///< of the host's root
  unsigned boots = 0;
  bool kept = false;

  std::string network() const { return cat("rc-", options.name); }
  std::string root() const { return path_join(folder->path(), "root"); }
  std::string console() const { return path_join(options.work, "console.log"); }

  std::string lan_network() const { return network() + "-lan"; }

  void write_down() {
    HostTraces traces{.host = options.name, .networks = {network()}, .cgroup = network()};
    if (options.lan == nullptr) traces.networks.push_back(lan_network());
    if (!options.scratch.empty()) traces.folders.push_back(options.scratch);
    record = std::make_unique<HostRecord>(k_host_records, std::move(traces));
  }

  void make_root_folder() {
    make_directories(options.work);
    folder = std::make_unique<TemporaryDirectory>("host", options.work);
    record->add_folder(folder->path());
    run_tool({"cp", "-a", "--reflink=auto", options.root, root()}, "coreutils", 600);
    write_file_atomically(path_join(root(), "etc/hostname"), cat(options.name, "\n"));
    write_file_atomically(path_join(root(), "etc/hosts"), cat("127.0.0.1 localhost\n127.0.1.1 ", options.name, "\n::1 localhost\n"));
  }

  std::vector<std::string> command_line() const {
    std::vector<std::string> binds;
    for (const auto& [from, to] : options.read_only_binds) binds.push_back(cat("--bind-ro=", escape_bind(from), ":", escape_bind(to)));
    for (const auto& [from, to] : options.binds) binds.push_back(cat("--bind=", escape_bind(from), ":", escape_bind(to)));
    return nspawn_arguments(options.name, network(), root(), binds);
  }

  [[noreturn]] void fail_boot(const std::string& reason) const {
    const auto said = read_file_if_exists(console(), k_log_limit).value_or("");
    throw SystemError(
        cat("cannot boot the sealed host '", options.name, "': ", reason, "; last on its console: ", last_line(said)),
        cat("its console is in ", console()));
  }

  std::vector<std::string> command_inside(const std::vector<std::string>& argv) const {
    const auto nsenter = find_program("nsenter");
    const auto leader = process.leader();
    if (!nsenter) throw HostError("cannot find the program 'nsenter'", "install the package 'util-linux'");
    if (!leader) throw SystemError(cat("cannot run '", argv.front(), "' in '", options.name, "': the host is down"));
    std::vector<std::string> all{*nsenter, "--target", cat(*leader), "--mount", "--uts",       "--ipc",
                                 "--net",  "--pid",    "--cgroup",   "--",      "/usr/bin/env"};
    all.insert(all.end(), argv.begin(), argv.end());
    return all;
  }

  ProcessResult run(const std::vector<std::string>& argv, std::uint64_t time_limit,
                    const std::function<void(std::string_view)>& on_line) const {
    ProcessSpec spec;
    spec.argv = command_inside(argv);
    spec.environment = login_environment();
    spec.time_limit_seconds = time_limit;
    spec.output_limit = k_output_limit;
    spec.on_output = on_line;
    return run_process(spec);
  }

  bool is_up() const {
    if (!process.leader()) return false;
    const std::string said = run({"systemctl", "is-system-running"}, k_command_limit, {}).output;
    return said == "running\n" || said == "degraded\n";
  }

  void await_boot() {
    for (const auto deadline = Clock::now() + k_boot_limit; !is_up(); ::nanosleep(&k_poll, nullptr)) {
      poll_interrupt();
      if (process.ended()) fail_boot("systemd-nspawn ended");
      if (Clock::now() > deadline) fail_boot("it did not come up in time");
    }
  }

  /// nspawn mounts version 1's hierarchies read-only, and its root private: Docker needs to write the former, and real machines have the
  /// latter shared (systemd's default). A plain remount says busy: it must be the bind that changes.
  void open_mounts() {
    const std::string mountinfo = read_file(cat("/proc/", process.leader().value_or(0), "/mountinfo"), k_mountinfo_limit);
    must_run({"mount", "--make-rshared", "/"});
    for (const CgroupMount& mount : parse_cgroup_mounts(mountinfo)) {
      if (mount.read_only) must_run({"mount", "-o", "remount,bind,rw", mount.path});
    }
  }

  void must_run(const std::vector<std::string>& argv) const {
    const ProcessResult result = run(argv, k_command_limit, {});
    if (result.exit_code == 0) return;
    throw SystemError(cat("cannot run '", join(argv, " "), "' in '", options.name, "': ", last_line(result.error_output)));
  }

  void boot() {
    cgroups = std::make_unique<HostCgroups>(cat("rc-", options.name));
    make_host_network(network(), lan->network_namespace(), options.number, ++boots);
    process.start(command_line(), console(), *cgroups);
    record->set_process(process.pid());
    await_boot();
    open_mounts();
  }

  void shutdown() {
    if (!process.running()) return;
    run({"systemctl", "poweroff"}, k_command_limit, {});
    for (const auto deadline = Clock::now() + k_shutdown_limit; !process.ended(); ::nanosleep(&k_poll, nullptr)) {
      poll_interrupt();
      if (Clock::now() > deadline) throw SystemError(cat("cannot shut down the sealed host '", options.name, "': it is still running"));
    }
    release();
  }

  /// What a machine does not keep when it is off. Starts no program: this also runs after Ctrl-C.
  void release() {
    process.kill();
    cgroups.reset();
    remove_host_network(network());
    ::rmdir(cat("/run/systemd/nspawn/propagate/rc-", options.name).c_str());  // nspawn forgets it
  }

  void leave_running() {
    if (cgroups) cgroups->keep();
    if (own_lan) own_lan->keep();
    process.detach();
    static_cast<void>(folder.release());  // kept: the folder outlives its owner
  }
};

SealedHost::SealedHost(SealedHostOptions options) : state_(std::make_unique<State>()) {
  if (::geteuid() != 0) throw HostError("cannot make a sealed host: expected to run as root, found another user", "run it with sudo");
  state_->options = std::move(options);
  state_->write_down();
  state_->lan = state_->options.lan;
  if (state_->lan == nullptr) {
    state_->own_lan = std::make_unique<SealedLan>(state_->lan_network());
    state_->lan = state_->own_lan.get();
  }
  state_->make_root_folder();
}

SealedHost::~SealedHost() {
  if (state_->kept) {
    state_->leave_running();
  } else {
    state_->release();
  }
}

void SealedHost::boot() { state_->boot(); }

void SealedHost::reboot() {
  shutdown();
  boot();
}

void SealedHost::shutdown() { state_->shutdown(); }
void SealedHost::power_cut() { state_->release(); }

ProcessResult SealedHost::run(const std::vector<std::string>& argv, std::uint64_t time_limit,
                              const std::function<void(std::string_view)>& on_line) {
  return state_->run(argv, time_limit, on_line);
}

std::vector<std::string> SealedHost::command_inside(const std::vector<std::string>& argv) const { return state_->command_inside(argv); }
SealCount SealedHost::seal_count() { return state_->lan->count(); }
void SealedHost::reset_seal_count() { state_->lan->reset(); }
void SealedHost::keep() { state_->kept = true; }
const std::string& SealedHost::name() const { return state_->options.name; }
std::string SealedHost::network_namespace() const { return state_->lan->network_namespace(); }
std::string SealedHost::own_network_namespace() const { return state_->network(); }
std::string SealedHost::address() const { return host_address(state_->options.number); }
SealedLan& SealedHost::lan() const { return *state_->lan; }
std::string SealedHost::root_folder() const { return state_->root(); }
std::string SealedHost::console_log() const { return state_->console(); }

std::string SealedHost::enter_command() const {
  return cat("nsenter --target ", state_->process.leader().value_or(0), " --all /bin/bash --login");
}

}  // namespace rootcellar
