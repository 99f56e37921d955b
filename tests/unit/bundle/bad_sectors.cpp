#include "tests/unit/bundle/bad_sectors.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <cassert>
#include <cerrno>

#include "bundle/base/file.h"

// The linker sends every call here (--wrap, tests/unit/bundle/CMakeLists.txt).
extern "C" {
ssize_t __real_pread64(int fd, void* into, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void* into, size_t size, off_t offset);
}

namespace {

struct Stretch {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
};

// One at a time: calls come from all threads, and a test has one medium that fails.
Stretch bad;
std::atomic<bool> is_bad{false};

bool touches(int fd, size_t size, off_t offset) {
  struct stat status {};
  if (!is_bad || ::fstat(fd, &status) != 0 || status.st_dev != bad.device || status.st_ino != bad.inode) return false;
  const auto from = static_cast<std::uint64_t>(offset);
  return from < bad.end && from + size > bad.offset;
}

}  // namespace

ssize_t __wrap_pread64(int fd, void* into, size_t size, off_t offset) {
  if (!touches(fd, size, offset)) return __real_pread64(fd, into, size, offset);
  errno = EIO;
  return -1;
}

namespace rootcellar::test {

BadSectors::BadSectors(const std::string& path, std::uint64_t offset, std::uint64_t size) {
  const auto status = file_status_followed(path);
  assert(status && !is_bad);
  bad = {status->device, status->inode, offset, offset + size};
  is_bad = true;
}

BadSectors::~BadSectors() { is_bad = false; }

}  // namespace rootcellar::test
