#include "bundle/bundle_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"
#include "bundle/chunker.h"
#include "bundle/frame_writer.h"
#include "bundle/index_check.h"
#include "bundle/volume_writer.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_block = 256 << 10;
constexpr int k_index_level = 19;

/// Half a SHA-256: enough to tell chunks apart; the bytes are protected by frame and blob digests.
using ChunkId = std::array<std::uint64_t, 2>;

struct ChunkIdHash {
  std::size_t operator()(const ChunkId& id) const noexcept { return id[0]; }
};

ChunkId chunk_id(ByteView chunk) {
  Digest digest = sha256(chunk);
  ChunkId id;
  std::memcpy(id.data(), digest.bytes.data(), sizeof id);
  return id;
}

/// The chunks of one volume. Forgotten when a volume begins: reading blobs in order then never goes back to an earlier volume, and memory
/// is bounded by what one volume can hold.
class Dictionary {
 public:
  const std::uint64_t* find(const ChunkId& id, std::uint32_t volume) {
    start(volume);
    auto found = numbers_.find(id);
    return found == numbers_.end() ? nullptr : &found->second;
  }
  void add(const ChunkId& id, std::uint64_t number, std::uint32_t volume) {
    start(volume);
    if (numbers_.size() < limits::k_dictionary) numbers_.emplace(id, number);
  }

 private:
  void start(std::uint32_t volume) {
    if (volume != volume_) numbers_.clear();
    volume_ = volume;
  }
  std::unordered_map<ChunkId, std::uint64_t, ChunkIdHash> numbers_;
  std::uint32_t volume_ = 0;
};

/// decode_header's rules, for the facts that the caller supplies.
Header checked_facts(Header facts) {
  Header complete = facts;
  complete.zstd = zstd_version();
  complete.index_size = complete.index_raw = 1;
  complete.volumes = 1;
  decode_header(encode_header(complete), "the bundle's header");
  return facts;
}

void sort_tables(Index& tables) {
  for (ImageEntry& image : tables.images) std::sort(image.tags.begin(), image.tags.end());
  std::sort(tables.images.begin(), tables.images.end(),
            [](const ImageEntry& a, const ImageEntry& b) { return std::tie(a.repository, a.digest) < std::tie(b.repository, b.digest); });
  std::sort(tables.files.begin(), tables.files.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
}

std::vector<Signature> sign_all(std::string_view text, const Header& header, const std::vector<const SecretKey*>& signers) {
  std::vector<Signature> signatures;
  for (const SecretKey* key : signers) signatures.push_back(key->sign(as_bytes(text), trusted_comment(header)));
  return signatures;
}

}  // namespace

struct BundleWriter::State {
  State(Header facts, BundleWriterOptions given, Progress& shown)
      : header(checked_facts(std::move(facts))),
        options(std::move(given)),
        progress(shown),
        volumes(options.directory, header),
        frames(volumes, options) {}

  void add_chunk(ByteView chunk, BlobEntry& blob);
  void add_slices(ByteView bytes, BlobEntry& blob);
  void refer(BlobEntry& blob, std::uint64_t number);
  void grow(std::uint64_t number, std::size_t size);
  void move_bytes(Source& bytes, Sha256& hash, Sink& sink);
  void complete_header(const std::string& raw, const Bytes& stored);

  Header header;
  BundleWriterOptions options;
  Progress& progress;
  std::vector<ChunkEntry> chunks;
  std::vector<BlobEntry> blobs;
  std::unordered_set<Digest, DigestHash> present;
  Dictionary dictionary;
  bool slice_open = false;  // the last chunk is a slice that may still grow
  VolumeWriter volumes;
  FrameWriter frames;
};

void BundleWriter::State::refer(BlobEntry& blob, std::uint64_t number) {
  bool follows = !blob.extents.empty() && blob.extents.back().first + blob.extents.back().count == number;
  if (follows) {
    ++blob.extents.back().count;
  } else {
    blob.extents.push_back({number, 1});
  }
}

void BundleWriter::State::add_chunk(ByteView chunk, BlobEntry& blob) {
  ChunkId id = chunk_id(chunk);
  if (const std::uint64_t* known = dictionary.find(id, frames.volume())) return refer(blob, *known);
  frames.reserve(Codec::zstd, chunk.size());
  frames.append(chunk);
  dictionary.add(id, chunks.size(), frames.volume());
  refer(blob, chunks.size());
  chunks.push_back({static_cast<std::uint32_t>(chunk.size())});
}

/// A slice is as long as its blob and its frame allow, however the bytes arrive.
void BundleWriter::State::add_slices(ByteView bytes, BlobEntry& blob) {
  while (!bytes.empty()) {
    if (!slice_open) {
      frames.reserve(Codec::stored, 1);
      refer(blob, chunks.size());
      chunks.push_back({});
    }
    ByteView piece = bytes.first(std::min(bytes.size(), frames.room()));
    frames.append(piece);
    chunks.back().size += static_cast<std::uint32_t>(piece.size());
    slice_open = frames.room() > 0;
    bytes = bytes.subspan(piece.size());
  }
}

void BundleWriter::State::move_bytes(Source& bytes, Sha256& hash, Sink& sink) {
  Bytes block(k_block);
  while (std::size_t size = bytes.read(block)) {
    poll_interrupt();
    ByteView piece = ByteView(block).first(size);
    hash.write(piece);
    if (hash.size() > limits::k_blob_size) throw InputError(cat("a blob has more than ", limits::k_blob_size, " bytes"));
    sink.write(piece);
    progress.advance(size);
  }
}

BundleWriter::BundleWriter(Header facts, BundleWriterOptions options, Progress& progress) {
  assert(options.index_bound > 0);
  options.jobs = std::max(options.jobs, 1u);
  state_ = std::make_unique<State>(std::move(facts), std::move(options), progress);
}

BundleWriter::~BundleWriter() = default;

bool BundleWriter::has_blob(const Digest& digest) const { return state_->present.contains(digest); }

const Header& BundleWriter::header() const { return state_->header; }

void BundleWriter::add_blob(const Digest& digest, std::uint64_t size, BlobMode mode, Source& bytes, std::string_view what) {
  if (!state_->present.insert(digest).second) return state_->progress.advance(size);
  BlobEntry blob{.digest = digest, .size = size, .mode = mode};
  Sha256 hash;
  if (mode == BlobMode::file) {
    Chunker chunker([&](ByteView chunk) { state_->add_chunk(chunk, blob); });
    state_->move_bytes(bytes, hash, chunker);
    chunker.finish();
  } else {
    FunctionSink slicer([&](ByteView piece) { state_->add_slices(piece, blob); });
    state_->slice_open = false;
    state_->move_bytes(bytes, hash, slicer);
  }
  if (hash.size() != size) throw InputError(cat("cannot use '", what, "': expected ", size, " bytes, found ", hash.size()));
  Digest found = hash.finish();
  if (found != digest) throw InputError(cat("cannot use '", what, "': expected ", digest.named(), ", found ", found.named()));
  state_->blobs.push_back(std::move(blob));
}

void BundleWriter::State::complete_header(const std::string& raw, const Bytes& stored) {
  header.index_digest = sha256(stored);
  header.index_size = stored.size();
  header.index_raw = raw.size();
  header.volumes = volumes.volume();
  header.zstd = zstd_version();
}

std::vector<std::string> BundleWriter::finish(Index tables, const std::vector<const SecretKey*>& signers) {
  State& state = *state_;
  if (signers.empty() || signers.size() > limits::k_signatures) {
    throw UsageError(
        cat("cannot sign '", bundle_name(state.header), "': expected 1 to ", limits::k_signatures, " keys, found ", signers.size()));
  }
  tables.frames = state.frames.finish();
  tables.chunks = std::move(state.chunks);
  tables.blobs = std::move(state.blobs);
  sort_tables(tables);
  check_index(tables, bundle_name(state.header));
  state.header.frames = tables.frames.size();
  for (const FrameEntry& frame : tables.frames) state.header.payload += frame.stored_size;
  std::string raw = encode_index(tables);
  Bytes stored = zstd_compress(as_bytes(raw), k_index_level);
  std::uint64_t most = std::min(state.options.index_bound, limits::k_index_stored);
  if (stored.size() > most || raw.size() > limits::k_index_raw) {
    throw InputError(
        cat("cannot finish '", bundle_name(state.header), "': its index has ", stored.size(), " bytes, expected at most ", most));
  }
  state.complete_header(raw, stored);
  std::string text = encode_header(state.header);
  decode_header(text, bundle_name(state.header));
  return state.volumes.publish(stored, text, sign_all(text, state.header, signers));
}

}  // namespace rootcellar
