// Putting a bundle on sticks: volumes by free space, installer, START.sh and a page to read; read back and checked.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/progress.h"
#include "bundle/bundle.h"

namespace rootcellar {

struct StageOptions {
  std::vector<std::string> sticks;     ///< mount points or folders
  std::string installer;               ///< path of the rootcellar-install to put there
  std::string installer_signature;     ///< its .minisig text
};

struct StageResult {
  struct Placed {
    std::string stick;
    std::vector<std::string> files;
    std::uint64_t bytes = 0;
  };
  std::vector<Placed> sticks;
};

/// Everything is checked (space on each stick, FAT32's file size, read-only) before the first write. What was written is read back past the page cache and compared.
/// Files appear under their names only when complete. A file of another bundle on the stick is left alone.
StageResult stage(Bundle& bundle, const StageOptions& options, Progress& progress);

/// README.txt (ASCII, CRLF, <= 78 columns) and START.sh for this bundle. The fingerprint's place is left to the paper.
std::string stick_readme(const Header& header, const std::vector<std::string>& key_ids);
std::string stick_start_script(const Header& header);

}  // namespace rootcellar
