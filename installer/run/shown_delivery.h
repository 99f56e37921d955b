// Blobs brought out of the bundle while a person watches: how much there is to write, and how far it is.
#pragma once

#include <cstdint>
#include <string_view>

#include "bundle/bundle.h"

namespace rootcellar {

/// bundle.deliver() as a task of `progress`, whose whole is what `receiver` wants. Nothing wanted: no task.
inline void deliver_with_progress(Bundle& bundle, BlobReceiver& receiver, std::string_view task, unsigned jobs, Progress& progress) {
  std::uint64_t wanted = 0;
  for (const BlobEntry& blob : bundle.index().blobs) wanted += receiver.wants_blob(blob) ? blob.size : 0;
  if (wanted == 0) return bundle.deliver(receiver, jobs, progress);
  const ProgressTask shown(progress, task, wanted);
  bundle.deliver(receiver, jobs, progress);
}

}  // namespace rootcellar
