// Single files out of archives as upstreams publish them: tar and zip with any of the usual compressions, Debian packages, or one
// compressed file alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "builder/source/cache.h"
#include "bundle/base/digest.h"
#include "bundle/base/io.h"

namespace rootcellar {

struct ArchiveItem {
  enum class Kind { file, directory, symlink, hardlink, other };
  std::string name;  ///< without a leading "./"; empty for the archive's own folder and for a file that is alone
  bool is_file = false;
  bool is_alone = false;   ///< a compressed file that is no archive
  std::uint64_t size = 0;  ///< 0 where the archive does not say before the content
  Kind kind = Kind::file;
  bool has_size = true;
  std::uint32_t mode = 0644;  ///< permission bits
  std::string target;         ///< of a link, as the archive has it
};

inline constexpr std::uint64_t k_max_member = std::uint64_t{4} << 30;  ///< of what is taken out by name

/// Calls `each` for the items in order until it returns false. `what` names the archive in errors, which are InputErrors. At most a million
/// items.
void walk_archive(const std::string& path, const std::string& what, const std::function<bool(const ArchiveItem&, Source& content)>& each,
                  std::uint64_t largest = k_max_member);

/// The plain file `member`, at most 4 GiB. Not there, or a link, folder or device: an InputError. A compressed file that is no archive is
/// its own only member, by any name.
void read_archive_member(const std::string& path, const std::string& member, const std::string& what, Sink& into);
/// The same, into the cache.
std::pair<Digest, std::uint64_t> store_archive_member(const std::string& path, const std::string& member, const std::string& what,
                                                      Cache& cache);

}  // namespace rootcellar
