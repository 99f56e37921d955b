#include "builder/source/cache.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "builder/source/cache_frames.h"
#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/signing.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr int k_lock_poll_milliseconds = 100;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// A blob appears under its name only here, complete and on the disk. AtomicFile cannot do it: the name of a stored blob is known at its
/// end, and a partial download must survive the process that began it.
void publish(int fd, const std::string& from, const std::string& to) {
  if (fdatasync(fd) != 0) throw SystemError("write", from, errno);
  if (std::rename(from.c_str(), to.c_str()) != 0) throw SystemError("create", to, errno);
}

bool same_file(int fd, const std::string& path) {
  struct stat held {};
  struct stat named {};
  if (fstat(fd, &held) != 0) throw SystemError("examine", path, errno);
  return stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/// Waits for the lock of whoever fills the same blob, in this process or another; Ctrl-C ends the wait.
void lock_exclusively(int fd, const std::string& path) {
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw SystemError("lock", path, errno);
    poll_interrupt();
    poll(nullptr, 0, k_lock_poll_milliseconds);
  }
}

/// The partial file at `path`, locked. One that was completed and renamed while we waited is somebody's finished blob: then nothing.
std::optional<Fd> lock_partial(const std::string& path, const std::function<bool()>& completed) {
  while (!completed()) {
    Fd fd = open_file(path, O_RDWR | O_CREAT);
    lock_exclusively(fd.get(), path);
    if (same_file(fd.get(), path)) return fd;
  }
  return std::nullopt;
}

struct Expected {
  Digest digest;
  std::optional<std::uint64_t> size;
  std::string what;
  std::uint64_t limit() const { return size.value_or(limits::k_blob_size); }
};

class PartialFile final : public Cache::Filling {
 public:
  PartialFile(Fd fd, std::string partial, std::string final_path, Expected expected)
      : fd_(std::move(fd)), partial_(std::move(partial)), final_(std::move(final_path)), expected_(std::move(expected)) {
    resume();
  }

  std::uint64_t offset() const override { return offset_; }

  void restart() override {
    if (ftruncate(fd_.get(), 0) != 0) throw SystemError("truncate", partial_, errno);
    hash_ = std::make_unique<Sha256>();
    offset_ = 0;
  }

  void write(ByteView bytes) override {
    if (bytes.size() > expected_.limit() - offset_) refuse_longer();
    pwrite_full(fd_.get(), bytes, offset_, partial_);
    hash_->write(bytes);
    offset_ += bytes.size();
  }

  std::string commit() override {
    if (expected_.size && offset_ != *expected_.size) refuse_cut();
    const Digest found = hash_->finish();
    if (found != expected_.digest) refuse_other(found);
    publish(fd_.get(), partial_, final_);
    return final_;
  }

  /// Nothing is missing; a full file with another content is started again.
  bool complete() {
    if (!expected_.size || offset_ != *expected_.size) return false;
    if (hash_->finish() == expected_.digest) return true;
    restart();
    return false;
  }
  void publish_complete() { publish(fd_.get(), partial_, final_); }

 private:
  /// Hashes what an interrupted fetch left.
  void resume() {
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0) throw SystemError("examine", partial_, errno);
    hash_ = std::make_unique<Sha256>();
    if (static_cast<std::uint64_t>(status.st_size) > expected_.limit()) return restart();
    Bytes buffer(std::size_t{256} << 10);
    const auto there = static_cast<std::uint64_t>(status.st_size);
    while (offset_ < there) {
      const std::span<std::uint8_t> piece(buffer.data(), std::min<std::uint64_t>(buffer.size(), there - offset_));
      pread_full(fd_.get(), piece, offset_, partial_);
      hash_->write(piece);
      offset_ += piece.size();
      poll_interrupt();
    }
  }

  [[noreturn]] void refuse_cut() {
    throw InputError(cat(expected_.what, " is cut: expected ", *expected_.size, " bytes, found ", offset_));
  }

  [[noreturn]] void refuse_longer() {
    restart();
    throw InputError(cat(expected_.what, " is longer than the ", expected_.limit(), " bytes expected"));
  }

  [[noreturn]] void refuse_other(const Digest& found) {
    restart();
    throw InputError(cat(expected_.what, " has other content: expected ", expected_.digest.named(), ", found ", found.named()));
  }

  Fd fd_;
  std::string partial_;
  std::string final_;
  Expected expected_;
  std::unique_ptr<Sha256> hash_;
  std::uint64_t offset_ = 0;
};

/// A file under a name of its own that is removed unless it was published.
class IncomingFile final : public Sink {
 public:
  explicit IncomingFile(const std::string& directory) {
    make_directories(directory);
    std::uint8_t random[8];
    random_bytes(random);
    path_ = path_join(directory, hex_encode(random));
    fd_ = open_file(path_, O_RDWR | O_CREAT | O_EXCL);
  }
  ~IncomingFile() override {
    if (!path_.empty()) unlink(path_.c_str());
  }
  IncomingFile(const IncomingFile&) = delete;
  void write(ByteView bytes) override { write_full(fd_.get(), bytes, path_); }
  void publish_as(const std::string& path) {
    publish(fd_.get(), path_, path);
    path_.clear();
  }

 private:
  std::string path_;
  Fd fd_;
};

}  // namespace

std::string Cache::default_root() {
  if (const std::string own = environment("ROOTCELLAR_CACHE"); !own.empty()) return own;
  if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return path_join(xdg, "rootcellar");
  if (const std::string home = environment("HOME"); !home.empty()) return path_join(home, ".cache/rootcellar");
  throw UsageError("cannot choose a cache folder: HOME is not set",
                   "set ROOTCELLAR_CACHE to a folder with room for the inputs of a bundle");
}

Cache::Cache(std::string root) : root_(std::move(root)) { make_directories(path_join(root_, "blobs/sha256")); }

std::string Cache::blob_path(const Digest& digest) const {
  const std::string hex = digest.hex();
  return path_join(root_, cat("blobs/sha256/", hex.substr(0, 2), "/", hex));
}

std::optional<std::string> Cache::find(const Digest& digest, std::optional<std::uint64_t> size) const {
  std::string path = blob_path(digest);
  const std::optional<FileStatus> status = file_status(path);
  if (!status || status->type != FileStatus::Type::file || (size && status->size != *size)) return std::nullopt;
  return path;
}

std::unique_ptr<Cache::Filling> Cache::fill(const Digest& digest, std::optional<std::uint64_t> size, std::string what) {
  const std::string path = blob_path(digest);
  const std::string partial = path + ".part";
  make_directories(path_parent(path));
  std::optional<Fd> fd = lock_partial(partial, [&] { return find(digest, size).has_value(); });
  if (!fd) return nullptr;
  auto filling = std::make_unique<PartialFile>(*std::move(fd), partial, path, Expected{digest, size, std::move(what)});
  if (!filling->complete()) return filling;
  filling->publish_complete();
  return nullptr;
}

std::pair<Digest, std::uint64_t> Cache::store(Source& bytes) {
  IncomingFile file(path_join(root_, "incoming"));
  HashingSource hashing(bytes);
  copy(hashing, file);
  const Digest digest = hashing.finish();
  const std::string path = blob_path(digest);
  make_directories(path_parent(path));
  if (!find(digest, hashing.size())) file.publish_as(path);
  return {digest, hashing.size()};
}

void Cache::forget(const Digest& digest) { remove_file(blob_path(digest)); }

std::unique_ptr<FrameCache> Cache::frame_cache(std::uint64_t limit) const { return make_frame_folder(path_join(root_, "frames"), limit); }

}  // namespace rootcellar
