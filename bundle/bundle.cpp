#include "bundle/bundle.h"

#include <fcntl.h>

#include <algorithm>
#include <exception>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"
#include "bundle/base/zstd.h"
#include "bundle/bundle_state.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

std::vector<Signature> all_signatures(const std::vector<VolumeCandidate>& volumes) {
  std::vector<Signature> all;
  for (const VolumeCandidate& volume : volumes) {
    for (const Signature& signature : volume.signatures) {
      auto same = [&](const Signature& other) {
        return other.algorithm == signature.algorithm && other.key_id == signature.key_id && other.signature == signature.signature &&
               other.global_signature == signature.global_signature && other.trusted_comment == signature.trusted_comment;
      };
      if (std::none_of(all.begin(), all.end(), same)) all.push_back(signature);
    }
  }
  return all;
}

/// The index as this volume has it; nothing when it is not the signed one.
std::optional<std::string> read_index(const VolumeCandidate& volume, const Header& header) {
  int fd = ::open(volume.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_read_error(volume.path, errno);
  Fd file(fd);
  Bytes stored(header.index_size);
  if (!read_at(file.get(), stored, volume.index_offset, volume.path) || sha256(stored) != header.index_digest) return std::nullopt;
  return std::string(as_text(stored));
}

/// A copy that cannot be read is passed over like a damaged one, but its error is told when no copy is good.
std::string find_index(const std::vector<VolumeCandidate>& volumes, const Header& header) {
  std::exception_ptr unreadable;
  for (const VolumeCandidate& volume : volumes) {
    try {
      if (auto stored = read_index(volume, header)) return *stored;
    } catch (const SystemError&) {
      if (!unreadable) unreadable = std::current_exception();
    }
  }
  if (unreadable) std::rethrow_exception(unreadable);
  throw_altered(volumes.front().path, volumes.front().index_offset, header.index_size, "the index");
}

void check_totals(const Header& header, const Index& index, std::string_view what) {
  std::uint64_t payload = 0;
  for (const FrameEntry& frame : index.frames) payload += frame.stored_size;
  std::uint32_t volumes = index.frames.empty() ? 1 : index.frames.back().volume;
  bool agree = header.frames == index.frames.size() && header.payload == payload && header.volumes == volumes;
  if (!agree) throw InputError(cat(what, ": its header and its index disagree on frames, payload or volumes"));
}

/// REQUIRES: `stored` has the signed digest.
Index decode_stored(std::string_view stored, const Header& header, std::string_view what) {
  Bytes raw(header.index_raw);
  zstd_decompress(as_bytes(stored), raw);
  Index index = decode_index(as_text(raw), cat(what, ": index"));
  check_totals(header, index, what);
  return index;
}

}  // namespace

Bundle::State::State(VerifiedHeader header, std::vector<Signature> with, std::string index_bytes, Index decoded)
    : verified(std::move(header)),
      signatures(std::move(with)),
      stored_index(std::move(index_bytes)),
      index(std::move(decoded)),
      map(index),
      reader(index, map) {
  for (std::size_t i = 0; i < index.blobs.size(); ++i) blob_numbers.emplace(index.blobs[i].digest, i);
}

std::uint64_t Bundle::State::volume_file_size(std::uint32_t volume) const {
  return map.volume_payload(volume) + verified.header().index_size + 2 * limits::k_header_size;
}

std::string Bundle::State::label(std::uint32_t volume) const { return volume_file_name(verified.header(), volume); }

void Bundle::State::add_volumes(const std::vector<VolumeCandidate>& candidates) {
  std::vector<const VolumeCandidate*> wrong;
  for (const VolumeCandidate& volume : candidates) {
    bool ours = volume.claimed_id == verified.id() && volume.claimed_volume <= verified.header().volumes;
    if (!ours) continue;
    bool whole = volume.file_size == volume_file_size(volume.claimed_volume);
    if (whole) volumes.push_back(volume);
    if (!whole) wrong.push_back(&volume);
  }
  std::map<std::uint32_t, std::vector<std::string>> paths;
  for (const VolumeCandidate& volume : volumes) paths[volume.claimed_volume].push_back(volume.path);
  for (auto& [volume, copies] : paths) reader.set_copies(volume, std::move(copies));
  for (const VolumeCandidate* volume : wrong) {
    if (reader.has(volume->claimed_volume)) continue;
    throw TrustError(
        cat("cannot use '", volume->path, "': expected ", volume_file_size(volume->claimed_volume), " bytes, found ", volume->file_size),
        cat("it is cut or was changed: copy '", path_name(volume->path), "' again from where the bundle was built"));
  }
}

bool Bundle::State::bring_volume(std::uint32_t volume) {
  if (!reader.has(volume)) reader.release();
  while (!reader.has(volume)) {
    std::vector<std::string> places = asker ? asker(volume, label(volume)) : std::vector<std::string>();
    if (places.empty()) return false;
    search(places);
  }
  return true;
}

void Bundle::State::require_volume(std::uint32_t volume) {
  if (bring_volume(volume)) return;
  throw InputError(cat("volume ", volume, " of ", verified.header().volumes, " ('", label(volume), "') is in none of the places searched"),
                   "plug in the medium that holds it and name it with --from");
}

/// A place that a person typed may not exist and may hold anything: then there is nothing new, and the question comes again.
void Bundle::State::search(const std::vector<std::string>& places) {
  auto pass_over = [](const std::string&, const std::string&) {};
  for (const BundleCandidate& found : find_bundles_where_possible(places, pass_over)) add_volumes(found.volumes);
}

std::shared_ptr<const Bytes> Bundle::State::frame(std::size_t number) {
  if (last_frame && last_number == number) return last_frame;
  last_frame.reset();
  require_volume(index.frames[number].volume);
  last_frame = reader.read(number);
  last_number = number;
  return last_frame;
}

void throw_wrong_blob(const BlobEntry& blob, const Digest& found) {
  throw TrustError(cat("cannot use blob ", blob.digest.named(), ": the bundle holds ", found.named(), " in its place"),
                   "whoever signed this bundle built it wrongly; do not use it");
}

Bundle::Bundle(std::unique_ptr<State> state) : state_(std::move(state)) {}
Bundle::Bundle(Bundle&&) noexcept = default;
Bundle::~Bundle() = default;

Bundle Bundle::open(const BundleCandidate& candidate, const TrustPolicy& policy) {
  const std::vector<VolumeCandidate>& volumes = candidate.volumes;
  if (volumes.empty()) throw InputError(cat("bundle '", candidate.claimed_name, "' has no volumes"));
  std::vector<Signature> signatures = all_signatures(volumes);
  VerifiedHeader verified = VerifiedHeader::verify(volumes.front().header_text, signatures, policy, volumes.front().path);
  std::string stored = find_index(volumes, verified.header());
  Index index = decode_stored(stored, verified.header(), volumes.front().path);
  auto state = std::make_unique<State>(std::move(verified), std::move(signatures), std::move(stored), std::move(index));
  state->add_volumes(volumes);
  return Bundle(std::move(state));
}

Bundle Bundle::open_kept(std::string_view header_text, const std::vector<Signature>& signatures, std::string_view stored_index,
                         const TrustPolicy& policy, const std::optional<BundleCandidate>& volumes) {
  constexpr std::string_view k_what = "the kept header";
  VerifiedHeader verified = VerifiedHeader::verify(header_text, signatures, policy, k_what);
  bool same = stored_index.size() == verified.header().index_size && sha256(as_bytes(stored_index)) == verified.header().index_digest;
  if (!same) throw TrustError("cannot use the kept index: it is not what was signed", "run the command again with the bundle at hand");
  Index index = decode_stored(stored_index, verified.header(), k_what);
  auto state = std::make_unique<State>(std::move(verified), signatures, std::string(stored_index), std::move(index));
  if (volumes) state->add_volumes(volumes->volumes);
  return Bundle(std::move(state));
}

const VerifiedHeader& Bundle::verified() const { return state_->verified; }
const Index& Bundle::index() const { return state_->index; }
const std::string& Bundle::stored_index() const { return state_->stored_index; }
const std::vector<Signature>& Bundle::signatures() const { return state_->signatures; }
void Bundle::set_asker(VolumeAsker asker) { state_->asker = std::move(asker); }

const BlobEntry* Bundle::find_blob(const Digest& digest) const {
  auto found = state_->blob_numbers.find(digest);
  return found == state_->blob_numbers.end() ? nullptr : &state_->index.blobs[found->second];
}

const FileEntry* Bundle::find_file(std::string_view path) const {
  const auto& files = state_->index.files;
  auto found =
      std::lower_bound(files.begin(), files.end(), path, [](const FileEntry& file, std::string_view wanted) { return file.path < wanted; });
  return found == files.end() || found->path != path ? nullptr : &*found;
}

const std::vector<VolumeCandidate>& Bundle::volume_files() const { return state_->volumes; }
std::vector<std::uint32_t> Bundle::missing_volumes() const {
  std::vector<std::uint32_t> missing;
  for (std::uint32_t volume = 1; volume <= header().volumes; ++volume) {
    if (!state_->reader.has(volume)) missing.push_back(volume);
  }
  return missing;
}

void Bundle::read_blob(const Digest& digest, Sink& sink) {
  const BlobEntry* blob = find_blob(digest);
  if (!blob) throw InputError(cat("blob ", digest.named(), " is not in bundle '", bundle_name(header()), "'"));
  Sha256 hash;
  for (const Piece& piece : state_->map.pieces(*blob)) {
    poll_interrupt();
    std::shared_ptr<const Bytes> frame = state_->frame(piece.frame);
    ByteView bytes = ByteView(*frame).subspan(piece.offset, piece.size);
    hash.write(bytes);
    sink.write(bytes);
  }
  Digest found = hash.finish();
  if (found != digest) throw_wrong_blob(*blob, found);
}

std::string Bundle::read_small_blob(const Digest& digest, std::size_t limit) {
  MemorySink sink(digest.named(), limit);
  read_blob(digest, sink);
  return std::string(as_text(sink.bytes()));
}

UntrustedView inspect_untrusted(const BundleCandidate& candidate) {
  UntrustedView view;
  view.volumes = candidate.volumes;
  if (!candidate.volumes.empty()) view.header_text = candidate.volumes.front().header_text;
  for (const Signature& signature : all_signatures(candidate.volumes)) view.key_ids.push_back(PublicKey{signature.key_id, {}}.id_text());
  return view;
}

}  // namespace rootcellar
