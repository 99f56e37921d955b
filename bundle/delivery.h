// Brings blobs out of a bundle in storage order: frames are read and checked ahead on all cores, blobs are handed out on one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "bundle/base/parallel.h"
#include "bundle/base/progress.h"
#include "bundle/bundle_state.h"

namespace rootcellar {

class Delivery {
 public:
  Delivery(Bundle::State& state, BlobReceiver& receiver, unsigned jobs, Progress& progress);
  void run();

 private:
  /// A frame's bytes, once its worker has read them.
  struct Slot {
    std::size_t frame = 0;
    std::shared_ptr<const Bytes> bytes;
  };
  /// What to do with a frame's bytes: the blob may begin and end with this piece.
  struct Action {
    const BlobEntry* blob = nullptr;
    Piece piece;
    bool begins = false;
    bool ends = false;
  };
  struct Batch {
    std::shared_ptr<Slot> slot;
    bool load = false;
    std::vector<Action> actions;
  };

  void plan_blob(const BlobEntry& blob);
  void add(std::shared_ptr<Slot> slot, bool load, const Action& action);
  std::pair<std::shared_ptr<Slot>, bool> slot_for(std::size_t frame);
  void flush();
  void consume(const Batch& batch);
  void perform(const Action& action, const Slot& slot);
  bool proven_by_frames(const BlobEntry& blob) const;
  void hand_out(ByteView bytes);
  void finish_blob(const BlobEntry& blob);

  Bundle::State& state_;
  BlobReceiver& receiver_;
  Progress& progress_;
  std::deque<std::shared_ptr<Slot>> recent_;  // most recent first: repeated chunks point back
  Batch batch_;                               // being collected
  const BlobEntry* current_ = nullptr;        // being handed out
  const BlobEntry* skipped_ = nullptr;        // the receiver did not want it after all
  std::unique_ptr<Sha256> hash_;             // of the current blob; none when its frames' digests say it all
  OrderedPipeline pipeline_;  // last: its workers use the rest
};

}  // namespace rootcellar
