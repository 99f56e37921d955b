// Reading every byte of a bundle for damage. Pieces stay in the processor's cache: copying and hashing 8 MiB at once is a third slower.
#include <fcntl.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"
#include "bundle/bundle_state.h"
#include "bundle/limits.h"
#include "bundle/volume_layout.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_piece = 256 << 10;

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

  VerifyReport run(unsigned jobs) {
    for (const VolumeCandidate& volume : state_.volumes) open(volume);
    std::vector<Task> tasks = frame_tasks();
    for (std::size_t file = 0; file < files_.size(); ++file) check_surroundings(file);
    parallel_for(tasks.size(), jobs, [&](std::size_t i) { check_frame(tasks[i]); });
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

  void check_frame(const Task& task) {
    poll_interrupt();
    const FrameEntry& frame = state_.index.frames[task.frame];
    std::uint64_t offset = state_.map.frame_offset(task.frame);
    const OpenVolume& file = files_[task.file];
    bool good = hash_range(file.fd.get(), offset, frame.stored_size, file.volume->path) == frame.digest;
    report_.with([&](VerifyReport& report) {
      ++report.frames;
      report.bytes += frame.stored_size;
      progress_.advance(frame.stored_size);
      if (!good)
        report.damage.push_back(damage(file, task.frame, offset, frame.stored_size, cat("frame ", task.frame, " is not what was signed")));
    });
  }

  static FrameDamage damage(const OpenVolume& file, std::uint64_t frame, std::uint64_t offset, std::uint64_t size, std::string reason) {
    return {frame, file.volume->claimed_volume, offset, size, file.volume->path, std::move(reason)};
  }

  void check_surroundings(std::size_t number) {
    const OpenVolume& file = files_[number];
    const Header& header = state_.verified.header();
    std::uint64_t index_offset = limits::k_header_size + state_.map.volume_payload(file.volume->claimed_volume);
    bool index_good = hash_range(file.fd.get(), index_offset, header.index_size, file.volume->path) == header.index_digest;
    if (!index_good) add(damage(file, FrameDamage::k_no_frame, index_offset, header.index_size, "the index is not what was signed"));
    check_page(file, 0, "its first page is damaged");
    check_page(file, index_offset + header.index_size, "its last page is damaged");
  }

  void check_page(const OpenVolume& file, std::uint64_t offset, std::string_view reason) {
    Bytes page(limits::k_header_size);
    bool there = read_at(file.fd.get(), page, offset, file.volume->path);
    VolumeHeaderReading reading = decode_volume_header(page);
    bool good = there && reading.fault.empty() && reading.header.header_text == state_.verified.text();
    if (!good) add(damage(file, FrameDamage::k_no_frame, offset, page.size(), std::string(reason)));
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
  VerifyReport report = Verification(*state_, progress).run(std::max(jobs, 1u));
  report.missing_volumes = missing_volumes();
  return report;
}

}  // namespace rootcellar
