// Reading every byte of a bundle for damage.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"
#include "bundle/bundle_state.h"
#include "bundle/limits.h"
#include "bundle/volume_layout.h"

namespace rootcellar {
namespace {

/// SHA-256 of a stretch of a file; nothing when the file ends before.
std::optional<Digest> hash_range(int fd, std::uint64_t offset, std::uint64_t size, const std::string& path) {
  Bytes piece(k_piece);
  Sha256 hash;
  while (size > 0) {
    std::span<std::uint8_t> part = std::span(piece).first(static_cast<std::size_t>(std::min<std::uint64_t>(size, k_piece)));
    if (!read_at(fd, part, offset, path)) return std::nullopt;
    hash.write(part);
    offset += part.size();
    size -= part.size();
  }
  return hash.finish();
}

/// A sector that cannot be read is damage like any other. A medium that is gone is not: nothing more can be said about it.
template <typename Action>
std::string fault_of(Action&& look) {
  try {
    return look();
  } catch (const SystemError& error) {
    if (error.errno_value() != EIO) throw;
    return cat("cannot be read: ", std::strerror(EIO));
  }
}

struct OpenVolume {
  const VolumeCandidate* volume = nullptr;
  Fd fd;
};

/// One frame in one volume file.
struct Task {
  std::size_t file = 0;
  std::size_t frame = 0;
};

class Verification {
 public:
  Verification(Bundle::State& state, Progress& progress) : state_(state), progress_(progress) {}

  /// Looks at `volumes`; their files are closed again when it returns, so that a medium can be taken out.
  void look_at(std::span<const VolumeCandidate> volumes, unsigned jobs) {
    files_.clear();
    for (const VolumeCandidate& volume : volumes) open(volume);
    const std::vector<Task> tasks = frame_tasks();
    const ProgressTask shown(progress_, "verifying", stored_size(tasks));
    for (const OpenVolume& file : files_) check_surroundings(file);
    parallel_for(tasks.size(), jobs, [&](std::size_t i) { check_frame(tasks[i]); });
    files_.clear();
  }

  VerifyReport take() {
    VerifyReport report = report_.with([](VerifyReport& made) { return std::move(made); });
    auto order = [](const FrameDamage& a, const FrameDamage& b) { return std::tie(a.path, a.offset) < std::tie(b.path, b.offset); };
    std::sort(report.damage.begin(), report.damage.end(), order);
    return report;
  }

 private:
  void open(const VolumeCandidate& volume) {
    int fd = ::open(volume.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw_read_error(volume.path, errno);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    files_.push_back({&volume, Fd(fd)});
  }

  /// File after file, so that a disk reads in order.
  std::vector<Task> frame_tasks() const {
    std::vector<Task> tasks;
    for (std::size_t file = 0; file < files_.size(); ++file) {
      for (std::size_t frame = 0; frame < state_.index.frames.size(); ++frame) {
        if (state_.index.frames[frame].volume == files_[file].volume->claimed_volume) tasks.push_back({file, frame});
      }
    }
    return tasks;
  }

  std::uint64_t stored_size(const std::vector<Task>& tasks) const {
    std::uint64_t sum = 0;
    for (const Task& task : tasks) sum += state_.index.frames[task.frame].stored_size;
    return sum;
  }

  void check_frame(const Task& task) {
    poll_interrupt();
    const FrameEntry& frame = state_.index.frames[task.frame];
    const std::uint64_t offset = state_.map.frame_offset(task.frame);
    const OpenVolume& file = files_[task.file];
    const std::string fault = range_fault(file, offset, frame.stored_size, frame.digest);
    report_.with([&](VerifyReport& report) {
      ++report.frames;
      report.bytes += frame.stored_size;
      progress_.advance(frame.stored_size);
      if (!fault.empty()) report.damage.push_back(damage(file, task.frame, offset, frame.stored_size, cat("frame ", task.frame), fault));
    });
  }

  static FrameDamage damage(const OpenVolume& file, std::uint64_t frame, std::uint64_t offset, std::uint64_t size, std::string thing,
                            std::string fault) {
    return {frame, file.volume->claimed_volume, offset, size, file.volume->path, std::move(thing), std::move(fault)};
  }

  /// Empty: the stretch is what was signed.
  static std::string range_fault(const OpenVolume& file, std::uint64_t offset, std::uint64_t size, const Digest& signed_digest) {
    return fault_of([&] {
      const bool good = hash_range(file.fd.get(), offset, size, file.volume->path) == signed_digest;
      return good ? std::string() : "is not what was signed";
    });
  }

  void check_surroundings(const OpenVolume& file) {
    const Header& header = state_.verified.header();
    const std::uint64_t index_offset = limits::k_header_size + state_.map.volume_payload(file.volume->claimed_volume);
    add_if_any(file, index_offset, header.index_size, "the index", range_fault(file, index_offset, header.index_size, header.index_digest));
    add_if_any(file, 0, limits::k_header_size, "its first page", page_fault(file, 0));
    const std::uint64_t last = index_offset + header.index_size;
    add_if_any(file, last, limits::k_header_size, "its last page", page_fault(file, last));
  }

  std::string page_fault(const OpenVolume& file, std::uint64_t offset) const {
    return fault_of([&] {
      Bytes page(limits::k_header_size);
      const bool there = read_at(file.fd.get(), page, offset, file.volume->path);
      const VolumeHeaderReading reading = decode_volume_header(page);
      const bool good = there && reading.fault.empty() && reading.header.header_text == state_.verified.text();
      return good ? std::string() : "is damaged";
    });
  }

  void add_if_any(const OpenVolume& file, std::uint64_t offset, std::uint64_t size, std::string thing, std::string fault) {
    if (!fault.empty()) add(damage(file, FrameDamage::k_no_frame, offset, size, std::move(thing), std::move(fault)));
  }

  void add(FrameDamage found) {
    report_.with([&](VerifyReport& report) { report.damage.push_back(std::move(found)); });
  }

  Bundle::State& state_;
  Progress& progress_;
  std::vector<OpenVolume> files_;
  Guarded<VerifyReport> report_;
};

}  // namespace

VerifyReport Bundle::verify_frames(unsigned jobs, Progress& progress) {
  Verification verification(*state_, progress);
  verification.look_at(state_->volumes, std::max(jobs, 1u));
  for (const std::uint32_t volume : missing_volumes()) {
    const std::size_t known = state_->volumes.size();
    if (state_->reader.has(volume)) continue;  // it came with another one
    if (!state_->bring_volume(volume)) break;
    verification.look_at(std::span(state_->volumes).subspan(known), std::max(jobs, 1u));
  }
  VerifyReport report = verification.take();
  report.missing_volumes = missing_volumes();
  return report;
}

}  // namespace rootcellar
