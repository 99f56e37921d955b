#include "bundle/delivery.h"

#include <algorithm>

#include "bundle/base/interrupt.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_recent_frames = 3;  // with the frames in flight: about 64 MiB for two jobs
constexpr std::size_t k_batch_actions = 1024;

}  // namespace

Delivery::Delivery(Bundle::State& state, BlobReceiver& receiver, unsigned jobs, Progress& progress)
    : state_(state), receiver_(receiver), progress_(progress), pipeline_(std::max(jobs, 1u), std::max(jobs, 1u) + 1) {}

void Delivery::run() {
  for (const BlobEntry& blob : state_.index.blobs) {
    poll_interrupt();
    if (receiver_.wants_blob(blob)) plan_blob(blob);
  }
  flush();
  pipeline_.drain();
}

void Delivery::plan_blob(const BlobEntry& blob) {
  std::vector<Piece> pieces = state_.map.pieces(blob);
  if (pieces.empty()) return add(std::make_shared<Slot>(), false, {&blob, {}, true, true});
  for (std::size_t i = 0; i < pieces.size() && skipped_ != &blob; ++i) {
    auto [slot, load] = slot_for(pieces[i].frame);
    add(std::move(slot), load, {&blob, pieces[i], i == 0, i + 1 == pieces.size()});
  }
}

/// The slot of a frame, and whether it has yet to be read.
std::pair<std::shared_ptr<Delivery::Slot>, bool> Delivery::slot_for(std::size_t frame) {
  auto known = std::find_if(recent_.begin(), recent_.end(), [&](const auto& slot) { return slot->frame == frame; });
  bool load = known == recent_.end();
  std::shared_ptr<Slot> slot = load ? std::make_shared<Slot>(Slot{frame, nullptr}) : *known;
  if (!load) recent_.erase(known);
  recent_.push_front(slot);
  if (recent_.size() > k_recent_frames) recent_.pop_back();
  return {slot, load};
}

/// Collects what is done with one frame in a row into one piece of work.
void Delivery::add(std::shared_ptr<Slot> slot, bool load, const Action& action) {
  if (batch_.slot != slot || batch_.actions.size() == k_batch_actions) {
    flush();
    batch_.slot = std::move(slot);
    batch_.load = load;
  }
  batch_.actions.push_back(action);
}

void Delivery::flush() {
  if (batch_.actions.empty()) return;
  auto batch = std::make_shared<Batch>(std::move(batch_));
  batch_ = Batch();
  if (batch->load) {
    std::uint32_t volume = state_.index.frames[batch->slot->frame].volume;
    if (!state_.reader.has(volume)) pipeline_.drain();  // so that the person who is asked sees everything before it done
    state_.require_volume(volume);
  }
  // A slot that is not loaded here was loaded by work submitted before, whose turn comes before this one's.
  pipeline_.submit([this, batch]() -> std::function<void()> {
    if (batch->load) batch->slot->bytes = state_.reader.read(batch->slot->frame);
    return [this, batch] { consume(*batch); };
  });
}

void Delivery::consume(const Batch& batch) {
  poll_interrupt();
  for (const Action& action : batch.actions) perform(action, *batch.slot);
}

void Delivery::perform(const Action& action, const Slot& slot) {
  if (action.begins) {
    bool wanted = receiver_.begin_blob(*action.blob);
    current_ = wanted ? action.blob : nullptr;
    skipped_ = wanted ? nullptr : action.blob;
    hash_ = proven_by_frames(*action.blob) ? nullptr : std::make_unique<Sha256>();
  }
  if (current_ != action.blob) return;
  if (action.piece.size > 0) hand_out(ByteView(*slot.bytes).subspan(action.piece.offset, action.piece.size));
  if (action.ends) finish_blob(*action.blob);
}

/// Whether the bytes handed out are the very ones whose frames' digests were checked: nothing was decompressed, and the signed index says which
/// of them make the blob. Whoever pulls the blob by its digest checks that again.
bool Delivery::proven_by_frames(const BlobEntry& blob) const {
  if (blob.mode != BlobMode::asis) return false;
  const std::vector<Piece> pieces = state_.map.pieces(blob);
  return std::all_of(pieces.begin(), pieces.end(),
                     [&](const Piece& piece) { return state_.index.frames[piece.frame].codec == Codec::stored; });
}

void Delivery::hand_out(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), k_piece));
    if (hash_) hash_->write(piece);
    receiver_.blob_bytes(piece);
    progress_.advance(piece.size());
    bytes = bytes.subspan(piece.size());
  }
}

void Delivery::finish_blob(const BlobEntry& blob) {
  const Digest found = hash_ ? hash_->finish() : blob.digest;
  if (found != blob.digest) throw_wrong_blob(blob, found);
  current_ = nullptr;
  receiver_.finish_blob(blob);
}

void Bundle::deliver(BlobReceiver& receiver, unsigned jobs, Progress& progress) { Delivery(*state_, receiver, jobs, progress).run(); }

}  // namespace rootcellar
