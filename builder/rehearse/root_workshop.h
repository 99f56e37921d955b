// Where a root folder is made before it has its name: what a rehearsal that was killed left half made there, a later one takes away.
#pragma once

#include <string>

#include "bundle/base/file.h"
#include "bundle/base/progress.h"

namespace rootcellar {

/// ROOT.part, beside ROOT. Its owner holds ROOT.lock: the kernel takes the lock away, however the owner ends.
class RootWorkshop {
 public:
  /// Throws SystemError when another process has the lock.
  explicit RootWorkshop(const std::string& root);
  ~RootWorkshop();  ///< removes the folder
  RootWorkshop(const RootWorkshop&) = delete;
  RootWorkshop& operator=(const RootWorkshop&) = delete;

  /// Made empty at the first call.
  const std::string& folder();

 private:
  FileLock lock_;
  std::string folder_;
  bool is_made_ = false;
};

/// Removes the workshops in `roots` whose owner is gone, with a note for each.
void remove_dead_workshops(const std::string& roots, Progress& progress);

}  // namespace rootcellar
