#include "builder/rehearse/nspawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bundle/base/error.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"

namespace rootcellar {

namespace {

constexpr std::size_t k_children_limit = 4096;

/// All that the child needs, made before fork(): afterwards only async-signal-safe calls are allowed.
struct Start {
  std::vector<const char*> argv;
  std::vector<const char*> environment;
  Fd input, console;
  const HostCgroups& cgroups;

  [[noreturn]] void become() const noexcept {
    const bool placed = cgroups.enter() && ::setsid() >= 0;
    const bool connected = ::dup2(input.get(), 0) >= 0 && ::dup2(console.get(), 1) >= 0 && ::dup2(console.get(), 2) >= 0;
    if (placed && connected) ::execve(argv[0], const_cast<char**>(argv.data()), const_cast<char**>(environment.data()));
    ::_exit(127);
  }
};

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> out;
  for (const std::string& text : texts) out.push_back(text.c_str());
  out.push_back(nullptr);
  return out;
}

std::string link_target(const std::string& path) {
  char buffer[256];
  const ssize_t length = ::readlink(path.c_str(), buffer, sizeof buffer);
  return length < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(length));
}

}  // namespace

std::vector<std::string> nspawn_arguments(const std::string& name, const std::string& network, const std::string& root,
                                          const std::vector<std::string>& binds) {
  const auto program = find_program("systemd-nspawn");
  if (!program)
    throw HostError("cannot find the program 'systemd-nspawn'",
                    "install the package 'systemd-container': apt-get install systemd-container");
  std::vector<std::string> argv{*program, "--quiet", "--boot", "--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off",
                                "--timezone=off",
                                // What container runtimes inside need beyond nspawn's defaults.
                                "--capability=all", "--system-call-filter=@keyring bpf @mount @module perf_event_open",
                                // The kubelet watches the kernel's log and does not start without one.
                                "--bind=/dev/kmsg",
                                cat("--network-namespace-path=/run/netns/", network), cat("--machine=rc-", name), cat("--hostname=", name),
                                cat("--directory=", root)};
  argv.insert(argv.end(), binds.begin(), binds.end());
  return argv;
}

std::string escape_bind(const std::string& path) {
  std::string out;
  for (const char c : path) out += c == ':' || c == '\\' ? cat('\\', c) : cat(c);
  return out;
}

void NspawnProcess::start(const std::vector<std::string>& argv, const std::string& console, const HostCgroups& cgroups) {
  // /proc/sys and /sys writable, as on a machine: Docker sets net.ipv4.ip_forward and more (systemd-nspawn(1), ENVIRONMENT).
  const std::vector<std::string> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "SYSTEMD_NSPAWN_API_VFS_WRITABLE=1"};
  const Start start{pointers(argv), pointers(environment), open_file("/dev/null", O_RDONLY),
                    open_file(console, O_WRONLY | O_CREAT | O_APPEND), cgroups};
  pid_ = ::fork();
  if (pid_ < 0) throw SystemError("run", argv.front(), errno);
  if (pid_ == 0) start.become();
}

bool NspawnProcess::ended() {
  if (pid_ <= 0) return true;
  if (::waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

std::optional<pid_t> NspawnProcess::leader() const {
  if (pid_ <= 0) return std::nullopt;
  const auto children = read_file_if_exists(cat("/proc/", pid_, "/task/", pid_, "/children"), k_children_limit);
  if (!children) return std::nullopt;
  const std::string outside = link_target("/proc/self/ns/pid");
  for (const std::string_view child : split(*children, ' ')) {
    const auto pid = parse_u64(child);
    const std::string inside = pid ? link_target(cat("/proc/", *pid, "/ns/pid")) : std::string();
    if (!inside.empty() && inside != outside) return static_cast<pid_t>(*pid);
  }
  return std::nullopt;
}

void NspawnProcess::kill() noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace rootcellar
