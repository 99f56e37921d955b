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
  std::string answers_file;  ///< empty: none
  std::string like;          ///< a folder laid over the host's root before it boots: what the machine on site has already; empty: none
  std::vector<std::string> with;  ///< packages that the machine on site has already
  std::string cache_root;
  std::string work;  ///< empty: a temporary folder
  bool keep = false;
  std::vector<std::string> more_sticks;  ///< those with the other volumes
  std::string bundle;                    ///< name or id, where the sticks hold several; else empty
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
  std::string enter;                     ///< with keep: the command that opens a shell in the host
};

/// Boots a host of the bundle's release, proves that what leaves it is seen, installs from the stick with the stick's own START.sh, asks
/// for the status, reboots, asks again, uninstalls, and compares. A step that fails is the last row. HostError when this machine cannot
/// rehearse. With `keep` the host is left running after the second status (or after what failed), and nothing is uninstalled.
RehearsalReport rehearse(Bundle& bundle, const RehearseOptions& options, Progress& progress);

}  // namespace rootcellar
