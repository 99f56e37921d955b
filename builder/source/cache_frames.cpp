#include "builder/source/cache_frames.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_check_size = 4;  ///< CRC-32C before the frame: files are not synced, so a power cut may leave a hole

std::array<std::uint8_t, k_check_size> check_of(ByteView stored) {
  const std::uint32_t sum = crc32c(stored);
  std::array<std::uint8_t, k_check_size> bytes{};
  std::memcpy(bytes.data(), &sum, bytes.size());
  return bytes;
}

struct KeptFrame {
  std::string path;
  std::uint64_t size = 0;
  std::int64_t used = 0;
};

/// Other builds remove frames too, so each may vanish between two looks.
std::vector<KeptFrame> kept_frames(const std::string& folder) {
  std::vector<KeptFrame> frames;
  for (const std::string& shelf : list_directory(folder)) {
    for (const std::string& name : list_directory(path_join(folder, shelf))) {
      std::string path = path_join(path_join(folder, shelf), name);
      if (const std::optional<FileStatus> status = file_status(path)) frames.push_back({std::move(path), status->size, status->mtime});
    }
  }
  return frames;
}

class FrameFolder final : public FrameCache {
 public:
  FrameFolder(std::string folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) { make_directories(folder_); }
  ~FrameFolder() override {
    try {
      trim_to_limit();
    } catch (const Error&) {
      // A cache that could not be trimmed is only larger than it should be; the next build tries again.
    }
  }

  bool lookup(const Digest& key, Bytes& stored) override {
    const std::string path = path_of(key);
    const std::optional<std::string> text = read_file_if_exists(path, limits::k_frame_stored + k_check_size);
    if (!text || text->size() < k_check_size) return false;
    const ByteView bytes = as_bytes(*text);
    const ByteView frame = bytes.subspan(k_check_size);
    if (!std::ranges::equal(bytes.first(k_check_size), check_of(frame))) return false;
    utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // only the order of removal depends on it
    stored.assign(frame.begin(), frame.end());
    return true;
  }

  void store(const Digest& key, ByteView stored) override {
    if (stored.size() > limit_) return;
    const std::string path = path_of(key);
    make_directories(path_parent(path));
    AtomicFile file(path);
    file.write(check_of(stored));
    file.write(stored);
    file.commit(false);
    if (added_.fetch_add(stored.size()) + stored.size() > limit_ / 8) trim_to_limit();
  }

 private:
  std::string path_of(const Digest& key) const {
    const std::string hex = key.hex();
    return path_join(folder_, cat(hex.substr(0, 2), "/", hex));
  }

  void trim_to_limit() {
    if (added_.exchange(0) == 0) return;
    std::vector<KeptFrame> frames = kept_frames(folder_);
    std::ranges::sort(frames, {}, &KeptFrame::used);
    std::uint64_t total = 0;
    for (const KeptFrame& frame : frames) total += frame.size;
    for (const KeptFrame& frame : frames) {
      if (total <= limit_) break;
      remove_file(frame.path);
      total -= frame.size;
    }
  }

  std::string folder_;
  std::uint64_t limit_;
  std::atomic<std::uint64_t> added_ = 0;
};

}  // namespace

std::unique_ptr<FrameCache> make_frame_folder(std::string folder, std::uint64_t limit) {
  return std::make_unique<FrameFolder>(std::move(folder), limit);
}

}  // namespace rootcellar
