// The rehearsal: the real install in a sealed host before anyone travels, and the proof that nothing reached out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "builder/rehearse/sealed_host.h"
#include "bundle/base/progress.h"
#include "bundle/bundle.h"

namespace rootcellar {

struct RehearseOptions {
  std::string stick;  ///< folder or mount point
  std::string trust_file;
  std::string cache_root;
  std::string work;  ///< empty: a temporary folder
  bool keep = false;
};

struct RehearsalRow {
  std::string step;
  std::uint64_t milliseconds = 0;
  bool passed = false;
  std::string proof;
};

struct RehearsalReport {
  std::vector<RehearsalRow> rows;
  bool passed = false;
  std::vector<std::string> differences;  ///< of the host after uninstall, not tolerated
  std::vector<std::string> tolerated;    ///< with reasons
};

RehearsalReport rehearse(Bundle& bundle, const RehearseOptions& options, Progress& progress);

}  // namespace rootcellar
