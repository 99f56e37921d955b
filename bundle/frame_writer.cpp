#include "bundle/frame_writer.h"

#include <algorithm>
#include <cassert>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"
#include "bundle/limits.h"

namespace rootcellar {

/// What a worker makes of a frame. Empty `stored`: the raw bytes are kept.
struct FrameWriter::Packed {
  std::shared_ptr<Bytes> raw;
  Bytes stored;
  Digest digest;
};

namespace {

std::uint64_t capacity_of(const BundleWriterOptions& options) {
  std::uint64_t pages = 2 * limits::k_header_size;
  std::uint64_t index = std::min(options.index_bound, limits::k_index_stored);
  std::uint64_t least = std::max<std::uint64_t>(pages + index + limits::k_frame_least, limits::k_min_volume_size);
  if (options.volume_size < least) {
    throw UsageError(
        cat("cannot use volumes of ", options.volume_size, " bytes: expected at least ", least, " (each volume holds the index)"),
        "use a larger --volume-size");
  }
  if (options.volume_size > limits::k_max_volume_size) {
    throw UsageError(cat("cannot use volumes of ", options.volume_size, " bytes: expected at most ", limits::k_max_volume_size));
  }
  return options.volume_size - pages - index;
}

/// Less than 2 % gain is not worth the time to decode.
bool worth_it(std::size_t compressed, std::size_t raw) { return compressed <= raw - raw / 50; }

Bytes compress_if_worth_it(ByteView raw, int level) {
  Bytes compressed = zstd_compress(raw, level);
  if (!worth_it(compressed.size(), raw.size())) compressed.clear();
  return compressed;
}

Digest cache_key(ByteView raw, int level) {
  Sha256 hash;
  hash.write(as_bytes(cat("rootcellar frame 1, zstd ", zstd_version(), " level ", level, '\n')));
  hash.write(raw);
  return hash.finish();
}

constexpr std::size_t k_digest_size = 32;

/// Entries begin with the SHA-256 of the rest: a damaged one must not end in a signed bundle.
bool look_up(FrameCache& cache, const Digest& key, Bytes& stored) {
  Bytes entry;
  if (!cache.lookup(key, entry) || entry.size() < k_digest_size) return false;
  ByteView rest = ByteView(entry).subspan(k_digest_size);
  Digest digest = sha256(rest);
  if (!std::equal(digest.bytes.begin(), digest.bytes.end(), entry.begin())) return false;
  stored.assign(rest.begin(), rest.end());
  return true;
}

void keep(FrameCache& cache, const Digest& key, ByteView stored) {
  Digest digest = sha256(stored);
  Bytes entry(digest.bytes.begin(), digest.bytes.end());
  entry.insert(entry.end(), stored.begin(), stored.end());
  cache.store(key, entry);
}

Bytes pack(ByteView raw, const BundleWriterOptions& options) {
  if (!options.cache) return compress_if_worth_it(raw, options.level);
  Digest key = cache_key(raw, options.level);
  Bytes stored;
  if (look_up(*options.cache, key, stored)) return stored;
  stored = compress_if_worth_it(raw, options.level);
  keep(*options.cache, key, stored);
  return stored;
}

}  // namespace

FrameWriter::FrameWriter(VolumeWriter& volumes, const BundleWriterOptions& options)
    : volumes_(volumes), options_(options), capacity_(capacity_of(options)), pipeline_(options.jobs, options.jobs + 2) {}

void FrameWriter::reserve(Codec codec, std::size_t size) {
  assert(size <= limits::k_chunk_max);
  if (limit_ != 0 && codec == codec_ && room() >= size) return;
  close_frame();
  limit_ = next_limit();
  codec_ = codec;
  raw_.reserve(limit_);
}

void FrameWriter::append(ByteView bytes) {
  assert(bytes.size() <= room());
  raw_.insert(raw_.end(), bytes.begin(), bytes.end());
}

/// Chosen from sizes that do not depend on how far the workers are: the exact fill at the last empty pipeline plus raw sizes since.
std::size_t FrameWriter::next_limit() {
  for (;;) {
    std::uint64_t left = capacity_ - std::min(capacity_, settled_ + raw_since_);
    if (left >= limits::k_frame_raw) return limits::k_frame_raw;
    if (raw_since_ > 0) {
      settle();
    } else if (left >= limits::k_frame_least) {
      return static_cast<std::size_t>(left);
    } else {
      volumes_.begin_next();
      settled_ = 0;
    }
  }
}

void FrameWriter::settle() {
  pipeline_.drain();
  settled_ = volumes_.payload();
  raw_since_ = 0;
}

void FrameWriter::close_frame() {
  limit_ = 0;
  if (raw_.empty()) return;
  std::size_t number = frames_.size();
  if (number == limits::k_frames) throw InputError(cat("cannot build a bundle of more than ", limits::k_frames, " frames"));
  frames_.push_back({.raw_size = static_cast<std::uint32_t>(raw_.size()), .volume = volumes_.volume()});
  raw_since_ += raw_.size();
  auto packed = std::make_shared<Packed>();
  packed->raw = std::make_shared<Bytes>(std::move(raw_));
  raw_ = Bytes();
  bool compress = codec_ == Codec::zstd;
  pipeline_.submit([this, number, packed, compress]() -> std::function<void()> {
    if (compress) packed->stored = pack(*packed->raw, options_);
    packed->digest = sha256(packed->stored.empty() ? *packed->raw : packed->stored);
    return [this, number, packed] { place(number, *packed); };
  });
}

void FrameWriter::place(std::size_t number, const Packed& packed) {
  const Bytes& stored = packed.stored.empty() ? *packed.raw : packed.stored;
  FrameEntry& frame = frames_[number];
  frame.stored_size = static_cast<std::uint32_t>(stored.size());
  frame.codec = packed.stored.empty() ? Codec::stored : Codec::zstd;
  frame.digest = packed.digest;
  volumes_.append_frame(stored);
}

std::vector<FrameEntry> FrameWriter::finish() {
  close_frame();
  settle();
  return std::move(frames_);
}

}  // namespace rootcellar
