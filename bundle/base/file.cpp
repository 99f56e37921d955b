#include "bundle/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/secret.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Repeats a system call that a signal broke off; between the tries an interrupt is noticed.
template <typename Call>
auto uninterrupted(Call&& call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
    poll_interrupt();
  }
}

/// A name next to `path` that nobody else has: short enough for any name that fits itself, hidden, told by its end.
std::string temporary_name(const std::string& path) {
  std::uint8_t random[6];
  random_bytes(random);
  const std::string name = path_name(path).substr(0, 200);
  return path_join(path_parent(path), cat(".", name, ".", hex_encode(random), ".part"));
}

/// The exact mode, whatever the umask says. FAT has no modes of its own and answers EPERM.
void set_mode(int fd, unsigned mode, std::string_view path) {
  if (fchmod(fd, mode) != 0 && errno != EPERM && errno != ENOTSUP) throw SystemError("set the mode of", path, errno);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (value_ >= 0) ::close(value_);
    value_ = other.release();
  }
  return *this;
}

Fd::~Fd() {
  if (value_ >= 0) ::close(value_);
}

int Fd::release() {
  const int value = value_;
  value_ = -1;
  return value;
}

void Fd::close(std::string_view path) {
  // After EINTR Linux has closed the descriptor all the same (close(2)).
  if (::close(release()) != 0 && errno != EINTR) throw SystemError("close", path, errno);
}

Fd open_file(const std::string& path, int flags, unsigned mode) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) throw SystemError((flags & O_CREAT) != 0 ? "create" : "open", path, errno);
  return Fd(fd);
}

FileSource::FileSource(const std::string& path) : fd_(open_file(path, O_RDONLY)), path_(path) {}

std::size_t FileSource::read(std::span<std::uint8_t> into) {
  const ssize_t length = uninterrupted([&] { return ::read(fd_.get(), into.data(), into.size()); });
  if (length < 0) throw SystemError("read", path_, errno);
  return static_cast<std::size_t>(length);
}

void pread_full(int fd, std::span<std::uint8_t> into, std::uint64_t offset, std::string_view path) {
  while (!into.empty()) {
    const ssize_t length = uninterrupted([&] { return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)); });
    if (length <= 0) throw SystemError("read", path, length == 0 ? 0 : errno);
    into = into.subspan(static_cast<std::size_t>(length));
    offset += static_cast<std::uint64_t>(length);
  }
}

void write_full(int fd, ByteView bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t length = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (length < 0) throw SystemError("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(length));
  }
}

void pwrite_full(int fd, ByteView bytes, std::uint64_t offset, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t length = uninterrupted([&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (length < 0) throw SystemError("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(length));
    offset += static_cast<std::uint64_t>(length);
  }
}

AtomicFile::AtomicFile(std::string path, unsigned mode) : path_(std::move(path)), temporary_(temporary_name(path_)) {
  const int fd = uninterrupted([&] { return ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
  if (fd < 0) throw SystemError("create", path_, errno);
  fd_ = Fd(fd);
  try {
    set_mode(fd, mode, path_);
  } catch (const Error&) {
    ::unlink(temporary_.c_str());
    throw;
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(ByteView bytes) { write_full(fd_.get(), bytes, path_); }

void AtomicFile::set_owner(unsigned uid, unsigned gid) {
  if (fchown(fd_.get(), uid, gid) != 0) throw SystemError("set the owner of", path_, errno);
}

void AtomicFile::commit(bool sync) {
  if (sync && fsync(fd_.get()) != 0) throw SystemError("write", path_, errno);
  fd_.close(path_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) throw SystemError("create", path_, errno);
  temporary_.clear();
  if (sync) sync_directory(path_parent(path_));
}

void write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
  AtomicFile file(path, mode);
  file.write(as_bytes(content));
  file.commit();
}

std::optional<std::string> read_file_if_exists(const std::string& path, std::size_t limit) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (fd < 0) throw SystemError("open", path, errno);
  FileSource source(Fd(fd), path);
  const Bytes bytes = read_all(source, cat("'", path, "'"), limit);
  return std::string(as_text(bytes));
}

std::string read_file(const std::string& path, std::size_t limit) {
  std::optional<std::string> content = read_file_if_exists(path, limit);
  if (!content) throw SystemError("open", path, ENOENT);
  return *std::move(content);
}

}  // namespace rootcellar
