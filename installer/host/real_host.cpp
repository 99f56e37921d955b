#include "installer/host/real_host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "installer/host/accounts.h"
#include "installer/host/http_get.h"
#include "installer/host/nameserver.h"
#include "installer/host/neighbours.h"
#include "installer/host/redaction.h"
#include "installer/host/tools.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_accounts_limit = std::size_t{8} << 20;
constexpr std::uint64_t k_writeback_step = std::uint64_t{16} << 20;
constexpr std::string_view k_path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct OwnerIds {
  unsigned user = static_cast<unsigned>(-1);  // -1: no change, as for chown(2)
  unsigned group = static_cast<unsigned>(-1);
  bool none() const { return user == static_cast<unsigned>(-1) && group == static_cast<unsigned>(-1); }
};

// A stick's: what it says about modes is how it was mounted.
bool has_no_modes(const std::string& path) {
  const std::string filesystem = filesystem_space(path).filesystem;
  return filesystem == "vfat" || filesystem == "exfat";
}

class RealStagedFile final : public StagedFile {
 public:
  RealStagedFile(const std::string& path, unsigned mode, const OwnerIds& owner) : file_(path, mode) {
    if (!owner.none()) file_.set_owner(owner.user, owner.group);
    // After the owner, because chown(2) clears set-id bits; and whatever the umask is.
    const bool set = ::fchmod(file_.fd(), mode) == 0;
    if (!set && !(errno == EPERM && has_no_modes(path))) throw SystemError("set the mode of", path, errno);
  }

  // The disk starts on large files while the next bytes still come from the stick, so the syncfs at the end finds little left.
  void write(ByteView bytes) override {
    file_.write(bytes);
    written_ += bytes.size();
    if (written_ - started_ < k_writeback_step) return;
    ::sync_file_range(file_.fd(), static_cast<off_t>(started_), static_cast<off_t>(written_ - started_), SYNC_FILE_RANGE_WRITE);
    started_ = written_;
  }

  void commit(bool sync) override { file_.commit(sync); }

 private:
  AtomicFile file_;
  std::uint64_t written_ = 0;
  std::uint64_t started_ = 0;
};

class RealHost final : public HostSystem {
 public:
  std::optional<FileStatus> status(const std::string& path) override { return file_status(path); }
  std::optional<std::string> read_file(const std::string& path, std::size_t limit) override { return read_file_if_exists(path, limit); }
  std::unique_ptr<Source> open_source(const std::string& path) override;
  std::optional<std::string> read_link(const std::string& path) override;
  std::vector<std::string> list(const std::string& path) override;
  std::unique_ptr<StagedFile> create_file(const std::string& path, unsigned mode, const Owner& owner) override {
    return std::make_unique<RealStagedFile>(path, mode, ids_of(owner));
  }
  void make_directory(const std::string& path, unsigned mode, const Owner& owner) override;
  void make_symlink(const std::string& target, const std::string& path) override;
  void remove(const std::string& path) override;
  void move(const std::string& from, const std::string& to) override;
  void sync_filesystem(const std::string& path) override;
  void change_owner(const std::string& path, unsigned uid, unsigned gid) override;
  void set_kernel_value(const std::string& path, const std::string& value) override;
  SpaceFacts space(const std::string& path) override { return filesystem_space(path); }
  ToolResult run(const ToolCall& call) override;
  ToolResult run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) override;
  HttpReply http_get(const std::string& url, std::uint64_t time_limit, const std::string& authorization) override {
    return http_get_numeric(url, time_limit, authorization);
  }
  std::string nameserver_fault(const std::string& address, std::uint64_t time_limit) override {
    return ask_nameserver(address, time_limit);
  }
  std::map<std::string, std::string> answering(const std::vector<std::string>& addresses, std::uint64_t milliseconds) override {
    return ask_neighbours(addresses, milliseconds);
  }
  std::int64_t now() override { return ::time(nullptr); }
  std::int64_t ticks() override;
  void set_clock(std::int64_t utc) override;
  void sleep(std::uint64_t milliseconds) override;
  bool is_root() override { return ::geteuid() == 0; }
  std::string machine() override;
  void append_durably(const std::string& path, std::string_view bytes) override;
  std::optional<Digest> digest(const std::string& path) override;

 private:
  OwnerIds ids_of(const Owner& owner);
  unsigned id_of(const std::string& file, const std::string& name);

  std::map<std::pair<std::string, std::string>, unsigned> ids_;  // found ones only: accounts appear while we run
};

std::int64_t RealHost::ticks() {
  timespec time{};
  if (::clock_gettime(CLOCK_BOOTTIME, &time) != 0) throw SystemError("read", "the time since the boot", errno);
  return time.tv_sec;
}

void RealHost::set_clock(std::int64_t utc) {
  const timespec time{.tv_sec = utc, .tv_nsec = 0};
  if (::clock_settime(CLOCK_REALTIME, &time) != 0) throw SystemError("set", "the clock", errno);
}

unsigned RealHost::id_of(const std::string& file, const std::string& name) {
  if (name.empty()) return static_cast<unsigned>(-1);
  if (const auto known = ids_.find({file, name}); known != ids_.end()) return known->second;
  const auto id = account_id(read_file_if_exists(file, k_accounts_limit).value_or(""), name);
  if (!id) throw SystemError(cat("cannot find '", name, "': no such name in ", file));
  return ids_[{file, name}] = *id;
}

// Who already is the owner needs no chown, so that one who is not root can write for themselves.
OwnerIds RealHost::ids_of(const Owner& owner) {
  OwnerIds ids{id_of("/etc/passwd", owner.user), id_of("/etc/group", owner.group)};
  if (ids.user == ::geteuid()) ids.user = static_cast<unsigned>(-1);
  if (ids.group == ::getegid()) ids.group = static_cast<unsigned>(-1);
  return ids;
}

std::optional<std::string> RealHost::read_link(const std::string& path) {
  std::array<char, 4096> target;
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length >= 0) return std::string(target.data(), static_cast<std::size_t>(length));
  if (errno == ENOENT || errno == EINVAL || errno == ENOTDIR) return std::nullopt;
  throw SystemError("read", path, errno);
}

std::vector<std::string> RealHost::list(const std::string& path) {
  const auto found = file_status_followed(path);
  if (!found) return {};
  return list_directory(path);
}

void RealHost::make_directory(const std::string& path, unsigned mode, const Owner& owner) {
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno != EEXIST) throw SystemError("create", path, errno);
    const auto found = file_status_followed(path);
    if (!found || found->type != FileStatus::Type::directory) throw SystemError("create", path, ENOTDIR);
    return;
  }
  const OwnerIds ids = ids_of(owner);
  if (!ids.none() && ::chown(path.c_str(), ids.user, ids.group) != 0) throw SystemError("set the owner of", path, errno);
  if (::chmod(path.c_str(), mode) != 0) throw SystemError("set the mode of", path, errno);
}

void RealHost::make_symlink(const std::string& target, const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw SystemError("replace", path, errno);
  if (::symlink(target.c_str(), path.c_str()) != 0) throw SystemError("create", path, errno);
  sync_directory(path_parent(path));
}

void RealHost::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return;
  if (errno != EISDIR && errno != EPERM) throw SystemError("remove", path, errno);
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) throw SystemError("remove", path, errno);
}

void RealHost::move(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw SystemError("put in place", to, errno);
}

void RealHost::sync_filesystem(const std::string& path) {
  std::string existing = path;
  while (existing != "/" && existing != "." && !file_status_followed(existing)) existing = path_parent(existing);
  const Fd fd = open_file(existing, O_RDONLY);
  if (::syncfs(fd.get()) != 0) throw SystemError("sync", path, errno);
}

void RealHost::change_owner(const std::string& path, unsigned uid, unsigned gid) {
  if (::lchown(path.c_str(), uid, gid) != 0) throw SystemError("set the owner of", path, errno);
}

void RealHost::set_kernel_value(const std::string& path, const std::string& value) {
  if (!path.starts_with("/proc/sys/") || path.find("/../") != path.npos) throw SystemError("set", path, EPERM);
  Fd fd = open_file(path, O_WRONLY);
  write_full(fd.get(), as_bytes(cat(value, '\n')), path);
  fd.close(path);
}

class ToolLog {
 public:
  explicit ToolLog(const ToolCall& call) : call_(call) {
    if (call.log.empty()) return;
    rootcellar::make_directories(path_parent(call.log));
    fd_ = open_file(call.log, O_WRONLY | O_CREAT | O_APPEND, 0640);
    add(cat(format_time(::time(nullptr)), " $ ", join(call.argv, " ")));
  }
  void add(std::string_view line) {
    if (fd_.valid()) write_full(fd_.get(), as_bytes(cat(redact(line, call_.secrets), '\n')), call_.log);
  }

 private:
  const ToolCall& call_;
  Fd fd_;
};

// One entry for each name: which of two counts is every program's own choice.
std::vector<std::string> environment_of(const ToolCall& call) {
  std::vector<std::string> environment = {std::string(k_path), "HOME=/root"};
  for (const std::string& entry : call.environment) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(environment, [&](const std::string& there) { return there.starts_with(name); });
    environment.push_back(entry);
  }
  return environment;
}

ToolResult run_tool(const ToolCall& call, const std::string& program) {
  ToolLog log(call);
  ProcessSpec spec;
  spec.argv = call.argv;
  spec.argv[0] = program;
  spec.environment = environment_of(call);
  spec.directory = "/";
  spec.input = call.input;
  spec.time_limit_seconds = call.time_limit;
  spec.output_limit = call.output_limit;
  spec.ends_with_us = call.ends_with_us;
  spec.on_output = [&log](std::string_view line) { log.add(line); };
  ProcessResult result = run_process(spec);
  log.add(result.timed_out ? cat("stopped after ", call.time_limit, " s") : cat("exit status ", result.exit_code));
  return {result.exit_code, result.timed_out, std::move(result.output), std::move(result.error_output)};
}

ToolResult RealHost::run(const ToolCall& call) {
  if (call.argv.empty() || call.argv[0].empty() || call.argv[0][0] != '/' || (!call.of_appliance && !tool_allowed(call.argv[0]))) {
    throw SystemError(
        cat("cannot run '", call.argv.empty() ? std::string() : call.argv[0], "': it is not one of the programs the installer may start"));
  }
  return run_tool(call, call.argv[0]);
}

ToolResult RealHost::run_from_memory(const ToolCall& call, const std::function<void(Sink&)>& program) {
  const Fd fd(::memfd_create("program", MFD_CLOEXEC));
  if (!fd.valid()) throw SystemError("make", "a program in memory", errno);
  FunctionSink sink([&](ByteView bytes) { write_full(fd.get(), bytes, "a program in memory"); });
  program(sink);
  return run_tool(call, cat("/proc/self/fd/", fd.get()));
}

void RealHost::sleep(std::uint64_t milliseconds) {
  constexpr std::uint64_t k_slice = 100;  // so that Ctrl-C is met soon
  for (std::uint64_t left = milliseconds; left > 0;) {
    poll_interrupt();
    const std::uint64_t now_ms = std::min(left, k_slice);
    const timespec wait{.tv_sec = 0, .tv_nsec = static_cast<long>(now_ms * 1000000)};
    ::nanosleep(&wait, nullptr);
    left -= now_ms;
  }
}

std::string RealHost::machine() {
  utsname facts{};
  if (::uname(&facts) != 0) throw SystemError("read", "uname", errno);
  return facts.machine;
}

void RealHost::append_durably(const std::string& path, std::string_view bytes) {
  const bool fresh = !file_status(path);
  Fd fd = open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  write_full(fd.get(), as_bytes(bytes), path);
  if (::fdatasync(fd.get()) != 0) throw SystemError("sync", path, errno);
  fd.close(path);
  if (fresh) sync_directory(path_parent(path));
}

std::unique_ptr<Source> RealHost::open_source(const std::string& path) {
  const auto found = file_status(path);
  if (!found || found->type != FileStatus::Type::file) return nullptr;
  return std::make_unique<FileSource>(path);
}

std::optional<Digest> RealHost::digest(const std::string& path) {
  const std::unique_ptr<Source> source = open_source(path);
  if (!source) return std::nullopt;
  Sha256 hash;
  copy(*source, hash);
  return hash.finish();
}

}  // namespace

std::unique_ptr<HostSystem> make_real_host() { return std::make_unique<RealHost>(); }

}  // namespace rootcellar
