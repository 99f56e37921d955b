// Files on this machine: owned descriptors, whole-file reads with a limit, writes that survive a power cut.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/io.h"

namespace rootcellar {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int value) : value_(value) {}
  Fd(Fd&& other) noexcept : value_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }
  int release();
  /// Closes and reports failure as SystemError; the destructor stays silent.
  void close(std::string_view path);

 private:
  int value_ = -1;
};

/// open(2) with O_CLOEXEC; failure is a SystemError ("cannot open 'PATH': ...").
Fd open_file(const std::string& path, int flags, unsigned mode = 0644);

/// Sequential reading of a file. `path` only names it in errors.
class FileSource final : public Source {
 public:
  explicit FileSource(const std::string& path);
  FileSource(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  std::size_t read(std::span<std::uint8_t> into) override;
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::string path_;
};

/// Fills all of `into` from `offset`; a short file is a SystemError.
void pread_full(int fd, std::span<std::uint8_t> into, std::uint64_t offset, std::string_view path);
void write_full(int fd, ByteView bytes, std::string_view path);
void pwrite_full(int fd, ByteView bytes, std::uint64_t offset, std::string_view path);

/// The only way a file comes to be: written under a temporary name in the same directory, synced, renamed over `path`,
/// directory synced. Destruction without commit() removes the temporary file.
class AtomicFile final : public Sink {
 public:
  explicit AtomicFile(std::string path, unsigned mode = 0644);
  ~AtomicFile() override;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(ByteView bytes) override;
  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  void set_owner(unsigned uid, unsigned gid);
  /// With sync=false the bytes and the rename are left to a later sync_directory_tree()/syncfs by the caller.
  void commit(bool sync = true);

 private:
  std::string path_;
  std::string temporary_;
  Fd fd_;
};

void write_file_atomically(const std::string& path, std::string_view content, unsigned mode = 0644);
/// The whole file; nothing when it does not exist. More than `limit` bytes is an InputError.
std::optional<std::string> read_file_if_exists(const std::string& path, std::size_t limit);
std::string read_file(const std::string& path, std::size_t limit);

struct FileStatus {
  enum class Type { file, directory, symlink, other } type = Type::other;
  std::uint64_t size = 0;
  unsigned mode = 0;  ///< permission bits only
  unsigned uid = 0;
  unsigned gid = 0;
  std::int64_t mtime = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};
/// lstat(2); nothing when the path does not exist.
std::optional<FileStatus> file_status(const std::string& path);
/// stat(2), following links.
std::optional<FileStatus> file_status_followed(const std::string& path);
/// Names in a directory, sorted, without "." and "..".
std::vector<std::string> list_directory(const std::string& path);
/// mkdir -p; existing directories are left as they are.
void make_directories(const std::string& path, unsigned mode = 0755);
/// Removes a file or link; absence is fine. Directories: remove_directory (must be empty) or remove_tree.
void remove_file(const std::string& path);
void remove_directory(const std::string& path);
void remove_tree(const std::string& path);
void sync_directory(const std::string& path);

/// Free and total bytes, and device id, of the filesystem that holds `path` or its nearest existing ancestor.
struct SpaceFacts {
  std::uint64_t available = 0;  ///< to this user (f_bavail)
  std::uint64_t total = 0;
  std::uint64_t device = 0;
  bool read_only = false;
  std::string filesystem;  ///< "ext4", "vfat", "overlay", ...; hex magic when unknown
};
SpaceFacts filesystem_space(const std::string& path);

/// An exclusive flock(2) held while alive. Throws SystemError naming the holder's pid when `path` is held ("... is in use by process N").
class FileLock {
 public:
  explicit FileLock(const std::string& path);

 private:
  Fd fd_;
};

/// A directory under $TMPDIR or `parent` that is removed with all it holds on destruction.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string_view prefix, const std::string& parent = {});
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string path_join(std::string_view directory, std::string_view name);
std::string path_name(std::string_view path);    ///< last component
std::string path_parent(std::string_view path);  ///< "." when there is none

}  // namespace rootcellar
