#include "bundle/base/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgot to declare these as C (bug 29572).
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t k_longest_line = std::size_t{64} << 10;  // longer ones reach on_output in pieces
constexpr milliseconds k_grace{5000};                          // between SIGTERM and SIGKILL
constexpr milliseconds k_slice{200};                           // how late an interrupt may be noticed

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw SystemError("create", "pipe", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

void set_nonblocking(const Fd& fd) {
  if (fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw SystemError("configure", "pipe", errno);
}

/// One of the child's streams: keeps its end, hands out its lines.
class Stream {
 public:
  Stream(Fd fd, const ProcessSpec& spec) : fd_(std::move(fd)), spec_(spec) { set_nonblocking(fd_); }

  int fd() const { return fd_.valid() ? fd_.get() : -1; }

  /// Reads what is there; closes at the end.
  void drain() {
    std::array<char, 16384> buffer;
    while (fd_.valid()) {
      const ssize_t length = ::read(fd_.get(), buffer.data(), buffer.size());
      if (length > 0) {
        take({buffer.data(), static_cast<std::size_t>(length)});
      } else if (length == 0 || errno != EINTR) {
        if (length == 0 || errno != EAGAIN) fd_ = Fd();
        return;
      }
    }
  }

  std::string finish() {
    drain();
    if (!line_.empty()) emit(std::exchange(line_, {}));
    keep_the_end(spec_.output_limit);
    return std::move(kept_);
  }

 private:
  void take(std::string_view text) {
    kept_.append(text);
    if (kept_.size() / 2 > spec_.output_limit) keep_the_end(spec_.output_limit);
    if (!spec_.on_output) return;
    line_.append(text);
    emit_lines();
  }

  void emit_lines() {
    std::size_t start = 0;
    for (std::size_t end = line_.find('\n'); end != std::string::npos; end = line_.find('\n', start)) {
      emit(std::string_view(line_).substr(start, end - start));
      start = end + 1;
    }
    line_.erase(0, start);
    if (line_.size() > k_longest_line) emit(std::exchange(line_, {}));
  }

  void emit(std::string_view line) {
    if (spec_.on_output) spec_.on_output(line);
  }

  void keep_the_end(std::size_t limit) {
    if (kept_.size() > limit) kept_.erase(0, kept_.size() - limit);
  }

  Fd fd_;
  const ProcessSpec& spec_;
  std::string kept_;
  std::string line_;
};

/// SIGPIPE kept from this thread while it writes to a child that may be gone.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~NoSigpipe() {
    const timespec now{};
    while (sigtimedwait(&set_, nullptr, &now) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

/// What the child needs, made before fork(): afterwards only async-signal-safe calls are allowed.
class Launch {
 public:
  explicit Launch(const ProcessSpec& spec) : spec_(spec), environment_(spec.environment) {
    std::erase_if(environment_, [](const std::string& entry) { return entry.starts_with("LC_ALL="); });
    environment_.push_back("LC_ALL=C");
    for (const std::string& argument : spec.argv) argv_.push_back(argument.c_str());
    for (const std::string& entry : environment_) envp_.push_back(entry.c_str());
    argv_.push_back(nullptr);
    envp_.push_back(nullptr);
  }

  /// In the child. Returns only by _exit; the reason goes through `report`.
  [[noreturn]] void become(int in, int out, int err, int report) const noexcept {
    setpgid(0, 0);
    if (spec_.ends_with_us) prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (spec_.ends_with_us && getppid() != parent_) _exit(127);  // it was gone before we asked
    const bool connected = dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // Libraries open files that a child would inherit; mmdebstrap for one fails when low numbers are taken.
    static_cast<void>(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
    const bool placed = spec_.directory.empty() || ::chdir(spec_.directory.c_str()) == 0;
    if (connected && placed) execve(argv_[0], const_cast<char**>(argv_.data()), const_cast<char**>(envp_.data()));
    const int reason = errno;
    static_cast<void>(!::write(report, &reason, sizeof reason));
    _exit(127);
  }

 private:
  const ProcessSpec& spec_;
  const pid_t parent_ = getpid();
  std::vector<std::string> environment_;
  std::vector<const char*> argv_;
  std::vector<const char*> envp_;
};

class Child {
 public:
  explicit Child(const ProcessSpec& spec) : spec_(spec) {
    Pipe in = spec.input.empty() ? Pipe{open_file("/dev/null", O_RDONLY), Fd()} : make_pipe();
    Pipe out = make_pipe(), err = make_pipe(), report = make_pipe();
    const Launch launch(spec);
    pid_ = fork();
    if (pid_ < 0) throw SystemError("run", spec.argv[0], errno);
    if (pid_ == 0) {
      const int error_target = spec.merge_stderr ? out.write_end.get() : err.write_end.get();
      launch.become(in.read_end.get(), out.write_end.get(), error_target, report.write_end.get());
    }
    report.write_end = Fd();
    await_start(report.read_end);
    input_ = std::move(in.write_end);
    if (input_.valid()) set_nonblocking(input_);
    output_.emplace(std::move(out.read_end), spec);
    error_output_.emplace(std::move(err.read_end), spec);
    handle_ = Fd(pidfd_open(pid_, 0));
    if (!handle_.valid()) throw_after_end("watch", errno);
  }

  /// An owner that is unwound leaves no process behind.
  ~Child() {
    if (ended_ || pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;

  /// Waits for news, at most `limit`. True when the child has ended.
  bool step(milliseconds limit) {
    std::array<pollfd, 4> watched{{{handle_.get(), POLLIN, 0},
                                   {output_->fd(), POLLIN, 0},
                                   {error_output_->fd(), POLLIN, 0},
                                   {input_.valid() ? input_.get() : -1, POLLOUT, 0}}};
    const int count = poll(watched.data(), watched.size(), static_cast<int>(limit.count()));
    if (count < 0 && errno != EINTR) throw SystemError("watch", spec_.argv[0], errno);
    if (count <= 0) return false;
    if (watched[1].revents != 0) output_->drain();
    if (watched[2].revents != 0) error_output_->drain();
    if (watched[3].revents != 0) feed();
    return watched[0].revents != 0;
  }

  void send(int signal_number) const { kill(-pid_, signal_number); }

  /// REQUIRES: step() said that the child has ended. What grandchildren still write later is not waited for.
  ProcessResult finish() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
    ProcessResult result;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.output = output_->finish();
    result.error_output = error_output_->finish();
    return result;
  }

 private:
  /// The pipe closes by itself when execve() succeeds; otherwise it brings errno.
  void await_start(const Fd& report) {
    int reason = 0;
    ssize_t length = 0;
    do length = ::read(report.get(), &reason, sizeof reason);
    while (length < 0 && errno == EINTR);
    if (length > 0) throw_after_end("run", reason);
  }

  [[noreturn]] void throw_after_end(std::string_view operation, int reason) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    ended_ = true;
    throw SystemError(operation, spec_.argv[0], reason);
  }

  void feed() {
    const NoSigpipe guard;
    const std::string_view rest = std::string_view(spec_.input).substr(fed_);
    const ssize_t length = ::write(input_.get(), rest.data(), rest.size());
    if (length > 0) fed_ += static_cast<std::size_t>(length);
    const bool refused = length < 0 && errno != EAGAIN && errno != EINTR;  // a child need not read everything
    if (refused || fed_ == spec_.input.size()) input_ = Fd();
  }

  const ProcessSpec& spec_;
  pid_t pid_ = -1;
  bool ended_ = false;
  Fd handle_;
  Fd input_;
  std::size_t fed_ = 0;
  std::optional<Stream> output_;
  std::optional<Stream> error_output_;
};

/// SIGTERM, then SIGKILL when that is not heard.
ProcessResult end_child(Child& child) {
  child.send(SIGTERM);
  const auto last = Clock::now() + k_grace;
  while (!child.step(k_slice)) {
    if (Clock::now() >= last) child.send(SIGKILL);
  }
  return child.finish();
}

milliseconds next_wait(Clock::time_point deadline) {
  return std::clamp(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds(0), k_slice);
}

/// PATH may name folders of somebody else: what cannot be looked at is passed over, as a shell does.
bool is_program(const std::string& path) {
  if (access(path.c_str(), X_OK) != 0) return false;
  const auto status = file_status_followed(path);
  return status && status->type == FileStatus::Type::file;
}

}  // namespace

ProcessResult run_process(const ProcessSpec& spec) {
  assert(!spec.argv.empty() && spec.argv[0].starts_with('/'));
  const bool has_limit = spec.time_limit_seconds > 0;
  const auto deadline = has_limit ? Clock::now() + std::chrono::seconds(spec.time_limit_seconds) : Clock::time_point::max();
  Child child(spec);
  while (!child.step(has_limit ? next_wait(deadline) : k_slice)) {
    if (interrupt_requested()) {
      end_child(child);
      throw Interrupted();
    }
    if (Clock::now() < deadline) continue;
    ProcessResult result = end_child(child);
    result.timed_out = true;
    return result;
  }
  return child.finish();
}

std::optional<std::string> find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  const std::string directories = cat(path == nullptr ? "/usr/bin:/bin" : path, ":/usr/sbin:/sbin");
  for (const std::string_view directory : split(directories, ':')) {
    std::string candidate = path_join(directory, name);
    if (directory.starts_with('/') && is_program(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace rootcellar
