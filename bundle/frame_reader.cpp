#include "bundle/frame_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_spare_frames = 2;  // kept while nobody needs them

Fd open_volume(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_read_error(path, errno);
  return Fd(fd);
}

/// A medium that fails does not end the search for a good copy; its error is told when there is none.
class FirstError {
 public:
  template <typename Action>
  void keep(Action&& action) {
    try {
      action();
    } catch (const SystemError&) {
      if (!error_) error_ = std::current_exception();
    }
  }
  void rethrow_if_any() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::exception_ptr error_;
};

}  // namespace

bool medium_is_gone(int error) {
  constexpr int k_gone[] = {EIO, ESTALE, ENODEV, ENXIO, ENOTCONN, ENOMEDIUM, EREMOTEIO};
  return std::find(std::begin(k_gone), std::end(k_gone), error) != std::end(k_gone);
}

void throw_read_error(const std::string& path, int error) {
  std::string hint =
      medium_is_gone(error) || error == ENOENT
          ? "the medium went away or is failing: plug it in again and run 'rootcellar-install resume', or the same command again"
          : "";
  throw SystemError("read", path, error, hint);
}

bool read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset, const std::string& path) {
  while (!into.empty()) {
    ssize_t size = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw_read_error(path, errno);
    if (size == 0) return false;
    into = into.subspan(static_cast<std::size_t>(size));
    offset += static_cast<std::uint64_t>(size);
  }
  return true;
}

void throw_altered(const std::string& path, std::uint64_t offset, std::uint64_t size, std::string_view thing) {
  throw TrustError(
      cat("cannot use '", path, "': ", thing, " (bytes ", offset, " to ", offset + size, ") is not what was signed"),
      cat("copy '", path_name(path), "' again from where the bundle was built; if that does not help, do not use this bundle"));
}

FrameMemory::FrameMemory() : spare_(std::make_shared<Spare>()) {
  spare_->with([](auto& spare) { spare.reserve(k_spare_frames); });  // so that taking back never fails
}

std::shared_ptr<Bytes> FrameMemory::lend() {
  std::unique_ptr<Bytes> bytes = spare_->with([](auto& spare) {
    if (spare.empty()) return std::make_unique<Bytes>();
    auto last = std::move(spare.back());
    spare.pop_back();
    return last;
  });
  const auto take_back = [spare = spare_](Bytes* returned) {
    std::unique_ptr<Bytes> owned(returned);
    spare->with([&](auto& kept) {
      if (kept.size() < k_spare_frames) kept.push_back(std::move(owned));
    });
  };
  return {bytes.release(), take_back};
}

void FrameReader::set_copies(std::uint32_t volume, std::vector<std::string> paths) {
  known_.with([&](Known& known) { known.paths[volume] = std::move(paths); });
}

bool FrameReader::has(std::uint32_t volume) {
  return known_.with([&](Known& known) { return known.paths.contains(volume) && !known.paths[volume].empty(); });
}

void FrameReader::release() {
  known_.with([](Known& known) {
    known.open.clear();
    known.open_volume = 0;
  });
}

FrameReader::Copies FrameReader::copies_of(std::uint32_t volume) {
  return known_.with([&](Known& known) {
    if (known.open_volume == volume) return known.open;
    known.open.clear();
    known.open_volume = 0;
    known.open = open_copies(known.paths[volume]);
    known.open_volume = volume;
    return known.open;
  });
}

/// Those that can be opened; the error of the first when none can.
FrameReader::Copies FrameReader::open_copies(const std::vector<std::string>& paths) {
  Copies copies;
  FirstError failed;
  for (const std::string& path : paths) {
    failed.keep([&] {
      copies.push_back(std::make_shared<OpenFile>(OpenFile{open_volume(path), path}));
      ::posix_fadvise(copies.back()->fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    });
  }
  if (copies.empty()) failed.rethrow_if_any();
  return copies;
}

bool FrameReader::read_stored(const OpenFile& file, std::size_t number, Bytes& stored) const {
  const FrameEntry& frame = index_.frames[number];
  Sha256 hash;
  stored.resize(frame.stored_size);
  for (std::size_t done = 0; done < stored.size(); done += k_piece) {
    const std::span<std::uint8_t> piece = std::span(stored).subspan(done, std::min(k_piece, stored.size() - done));
    if (!read_at(file.fd.get(), piece, map_.frame_offset(number) + done, file.path)) return false;
    hash.write(piece);
  }
  return hash.finish() == frame.digest;
}

std::shared_ptr<const Bytes> FrameReader::read(std::size_t number) {
  const FrameEntry& frame = index_.frames[number];
  Copies copies = copies_of(frame.volume);
  const std::shared_ptr<Bytes> stored = memory_.lend();
  bool good = false;
  FirstError failed;
  for (std::size_t i = 0; i < copies.size() && !good; ++i) failed.keep([&] { good = read_stored(*copies[i], number, *stored); });
  if (!good) failed.rethrow_if_any();
  if (!good) throw_altered(copies.front()->path, map_.frame_offset(number), frame.stored_size, cat("frame ", number));
  if (frame.codec == Codec::stored) return stored;
  const std::shared_ptr<Bytes> raw = memory_.lend();
  raw->resize(frame.raw_size);
  zstd_decompress(*stored, *raw);
  return raw;
}

}  // namespace rootcellar
