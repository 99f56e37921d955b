// The names in the file system: status, directories, space, locks. Contents are file.cpp's.
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

FileStatus::Type type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileStatus::Type::file;
  if (S_ISDIR(mode)) return FileStatus::Type::directory;
  if (S_ISLNK(mode)) return FileStatus::Type::symlink;
  return FileStatus::Type::other;
}

std::optional<FileStatus> status_of(const std::string& path, int flags) {
  struct stat st {};
  if (fstatat(AT_FDCWD, path.c_str(), &st, flags) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw SystemError("examine", path, errno);
  }
  return FileStatus{type_of(st.st_mode), static_cast<std::uint64_t>(st.st_size),
                    st.st_mode & 07777u, st.st_uid,
                    st.st_gid,           st.st_mtime,
                    st.st_dev,           st.st_ino};
}

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

std::vector<std::string> names_in(DIR* directory, std::string_view path) {
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(directory);
    if (entry == nullptr && errno != 0) throw SystemError("list", path, errno);
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void remove_entry(int parent, const std::string& name, const std::string& path);

void remove_children(int parent, const std::string& name, const std::string& path) {
  const int fd = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) throw SystemError("remove", path, errno);
  static_cast<void>(fchmod(fd, 0700));  // a read-only directory keeps its owner from emptying it; a failure shows below
  const Directory directory(fdopendir(fd), &closedir);
  if (!directory) throw SystemError("remove", path, errno);
  for (const std::string& child : names_in(directory.get(), path)) remove_entry(fd, child, path_join(path, child));
}

/// `path` only names the entry in errors; links are removed, never followed.
void remove_entry(int parent, const std::string& name, const std::string& path) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) throw SystemError("remove", path, errno);
  remove_children(parent, name, path);
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) throw SystemError("remove", path, errno);
}

std::string kind_in_the_way(const std::string& path) {
  const auto status = file_status_followed(path);
  if (!status) return "a link that leads nowhere";
  return status->type == FileStatus::Type::file ? "a file" : "something that is no directory";
}

/// `reason` is what mkdir(2) said; EEXIST and ENOTDIR do not say what is in the way.
[[noreturn]] void throw_no_directory(const std::string& path, int reason) {
  std::string obstacle = path;
  while (!file_status(obstacle)) obstacle = path_parent(obstacle);
  const auto status = file_status_followed(obstacle);
  const bool has_gone = status && status->type == FileStatus::Type::directory;
  if (has_gone || (reason != EEXIST && reason != ENOTDIR)) throw SystemError("create directory", path, reason);
  const std::string named = obstacle == path ? std::string("it") : cat("'", obstacle, "'");
  throw SystemError(cat("cannot create directory '", path, "': ", named, " is ", kind_in_the_way(obstacle)),
                    "move it away, or name another folder");
}

std::string existing_ancestor(std::string path) {
  while (path != "/" && path != "." && !file_status_followed(path)) path = path_parent(path);
  return path;
}

std::string filesystem_name(unsigned long magic) {
  struct Known {
    unsigned long magic;
    std::string_view name;
  };
  constexpr Known k_known[] = {
      {EXT4_SUPER_MAGIC, "ext4"},
      {XFS_SUPER_MAGIC, "xfs"},
      {BTRFS_SUPER_MAGIC, "btrfs"},
      {TMPFS_MAGIC, "tmpfs"},
      {OVERLAYFS_SUPER_MAGIC, "overlay"},
      {MSDOS_SUPER_MAGIC, "vfat"},
      {EXFAT_SUPER_MAGIC, "exfat"},
      {FUSE_SUPER_MAGIC, "fuse"},
      {NFS_SUPER_MAGIC, "nfs"},
      {ISOFS_SUPER_MAGIC, "iso9660"},
      {SQUASHFS_MAGIC, "squashfs"},
      {F2FS_SUPER_MAGIC, "f2fs"},
      {0x2fc12fc1, "zfs"},
      {0x7366746e, "ntfs3"},
      {V9FS_MAGIC, "9p"},
  };
  const auto* known = std::find_if(std::begin(k_known), std::end(k_known), [&](const Known& k) { return k.magic == magic; });
  if (known != std::end(k_known)) return std::string(known->name);
  std::uint8_t bytes[4];
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(magic >> (24 - 8 * i));
  return cat("0x", hex_encode(bytes));
}

std::string temporary_parent(const std::string& parent) {
  if (!parent.empty()) return parent;
  const char* from_environment = std::getenv("TMPDIR");
  return from_environment != nullptr && *from_environment != '\0' ? from_environment : "/tmp";
}

[[noreturn]] void throw_lock_held(int fd, const std::string& path) {
  char pid[21] = {};
  const ssize_t length = pread(fd, pid, sizeof pid - 1, 0);
  const auto holder = length > 0 ? parse_u64(trim(std::string_view(pid, static_cast<std::size_t>(length)))) : std::nullopt;
  throw SystemError(cat("cannot lock '", path, "': it is in use by ", holder ? cat("process ", *holder) : "another process"),
                    "wait until that process has finished");
}

}  // namespace

std::optional<FileStatus> file_status(const std::string& path) { return status_of(path, AT_SYMLINK_NOFOLLOW); }
std::optional<FileStatus> file_status_followed(const std::string& path) { return status_of(path, 0); }

std::vector<std::string> list_directory(const std::string& path) {
  const Directory directory(opendir(path.c_str()), &closedir);
  if (!directory) throw SystemError("list", path, errno);
  return names_in(directory.get(), path);
}

void make_directories(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) == 0) return;
  if (errno == ENOENT && path_parent(path) != path) {
    make_directories(path_parent(path), mode);
    if (mkdir(path.c_str(), mode) == 0) return;
  }
  const int reason = errno;
  const auto status = reason == EEXIST ? file_status_followed(path) : std::nullopt;
  if (!status || status->type != FileStatus::Type::directory) throw_no_directory(path, reason);
}

void remove_file(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) throw SystemError("remove", path, errno);
}

void remove_directory(const std::string& path) {
  if (rmdir(path.c_str()) != 0 && errno != ENOENT) throw SystemError("remove", path, errno);
}

void remove_tree(const std::string& path) { remove_entry(AT_FDCWD, path, path); }

void sync_directory(const std::string& path) {
  const Fd fd = open_file(path, O_RDONLY | O_DIRECTORY);
  // FUSE file systems without fsyncdir say EINVAL; there is nothing more to ask of them.
  if (fsync(fd.get()) != 0 && errno != EINVAL) throw SystemError("write", path, errno);
}

SpaceFacts filesystem_space(const std::string& path) {
  const std::string ancestor = existing_ancestor(path);
  struct statvfs numbers {};
  struct statfs kind {};
  if (statvfs(ancestor.c_str(), &numbers) != 0 || statfs(ancestor.c_str(), &kind) != 0) {
    throw SystemError("measure the free space of", ancestor, errno);
  }
  const auto status = file_status_followed(ancestor);
  return {numbers.f_bavail * numbers.f_frsize, numbers.f_blocks * numbers.f_frsize, status ? status->device : 0,
          (numbers.f_flag & ST_RDONLY) != 0, filesystem_name(static_cast<unsigned long>(kind.f_type) & 0xFFFFFFFFul)};
}

FileLock::FileLock(const std::string& path) : fd_(open_file(path, O_RDWR | O_CREAT, 0644)) {
  if (flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) throw_lock_held(fd_.get(), path);
    throw SystemError("lock", path, errno);
  }
  if (ftruncate(fd_.get(), 0) != 0) throw SystemError("lock", path, errno);
  pwrite_full(fd_.get(), as_bytes(cat(getpid(), "\n")), 0, path);
}

TemporaryDirectory::TemporaryDirectory(std::string_view prefix, const std::string& parent)
    : path_(path_join(temporary_parent(parent), cat(prefix, ".XXXXXX"))) {
  if (mkdtemp(path_.data()) == nullptr) throw SystemError("create directory", path_, errno);
}

TemporaryDirectory::~TemporaryDirectory() {
  try {
    remove_tree(path_);
  } catch (const Error&) {
    // Nobody is left to tell; what stays lies under the system's temporary directory.
  }
}

std::string path_join(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  return cat(directory, directory.ends_with('/') ? "" : "/", name);
}

std::string path_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1));
}

std::string path_parent(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

}  // namespace rootcellar
