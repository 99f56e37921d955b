// Putting a bundle on sticks: volumes by free space, installer, START.sh and a page to read; read back and checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bundle/base/progress.h"
#include "bundle/bundle.h"

namespace rootcellar {

/// A certificate of the site's for the appliance's server, checked by the caller.
struct StagedCertificate {
  std::string chain, key;          ///< PEM
  std::vector<std::string> names;  ///< that it is for
  std::int64_t until = 0;          ///< UTC seconds
};

struct StageOptions {
  std::vector<std::string> sticks;  ///< mount points or folders
  std::string installer;            ///< path of the rootcellar-install to put there
  std::string installer_signature;  ///< its .minisig text
  std::string start_signature;      ///< .minisig text of stick_start_script(); the stick's page has it checked before the first sudo
  std::vector<std::pair<std::string, std::string>>
      public_keys;                               ///< name and text of the signers' .pub files: the installer compares typed words with them
  std::optional<StagedCertificate> certificate;  ///< put into the folder certificate/ beside the bundle
};

struct StageResult {
  struct Placed {
    std::string stick;
    std::vector<std::string> files;
    std::uint64_t bytes = 0;
  };
  std::vector<Placed> sticks;
};

/// Everything is checked (space on each stick, FAT32's file size, read-only) before the first write. What was written is read back past the
/// page cache and compared. Files appear under their names only when complete. A file of another bundle on the stick is left alone.
/// REQUIRES: no volume is missing. Each stick gets the installer, its signature, START.sh and README.txt.
StageResult stage(Bundle& bundle, const StageOptions& options, Progress& progress);

/// What a stick can take, for spread_volumes().
struct StickSpace {
  std::string path;
  std::uint64_t available = 0;
};
/// Which stick holds which volume: for each volume the stick's number. In order, each on the first stick that still has room; nothing when
/// they do not all fit. `reserved` bytes stay free on every stick. Pure.
std::optional<std::vector<std::size_t>> spread_volumes(const std::vector<std::uint64_t>& volumes, const std::vector<StickSpace>& sticks,
                                                       std::uint64_t reserved);

/// README.txt (ASCII, CRLF, <= 78 columns). The fingerprint's place is left to the paper.
std::string stick_readme(const Header& header, const std::vector<std::string>& key_ids,
                         const std::optional<StagedCertificate>& certificate = {});
/// START.sh: POSIX sh, the same for every bundle of an architecture, so that a stick may hold several bundles.
std::string stick_start_script(const Header& header);

}  // namespace rootcellar
