// Finding volumes on sticks and in folders, before anything about them is believed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/signing.h"
#include "bundle/limits.h"

namespace rootcellar {

/// A volume file as found. Everything here is unverified: bounds-checked locators and raw text, good only for finding and for
/// VerifiedHeader::verify.
struct VolumeCandidate {
  std::string path;
  std::uint64_t file_size = 0;
  std::string header_text;  ///< exact bytes that were signed, if the signature holds
  std::vector<Signature> signatures;
  std::string claimed_id;            ///< bundle_id(header_text)
  std::uint32_t claimed_volume = 0;  ///< from 1
  std::uint64_t index_offset = 0;    ///< locator; stored size comes from the verified header only
  std::string header_damage;         ///< not empty: the first page is damaged, and this came from its copy at the end
};

/// All volumes of one bundle found in the places searched.
struct BundleCandidate {
  std::string claimed_id;
  std::string claimed_name;              ///< from the file names, e.g. "lab-cpu-3-amd64"
  std::vector<VolumeCandidate> volumes;  ///< by number; the same number may occur twice (two copies)
};

/// Reads one volume's header (the copy at the end when the first is damaged). InputError when it is no volume or damaged beyond use.
VolumeCandidate read_volume_header(const std::string& path);

/// Where to search, and for what.
struct Search {
  std::vector<std::string> places;
  std::optional<std::string> selector;  ///< as of choose_bundle()
};
/// A volume named by its file stands for its bundle: its folder is searched, and the choice is made by its id unless there is a selector.
Search search_for(std::vector<std::string> places, std::optional<std::string> selector);

/// Searches places: each a volume file or a folder (not below it). A volume file stands for its bundle: the other volumes of that bundle
/// are looked for in its folder. Names that do not end in ".cellar", and "._*", are passed over. A .cellar file that is no volume is
/// reported through `on_problem` (path, reason) and passed over.
std::vector<BundleCandidate> find_bundles(const std::vector<std::string>& places,
                                          const std::function<void(const std::string& path, const std::string& reason)>& on_problem);
/// The same for places somebody named some time ago: one that is not there any more, or whose medium is gone, is reported and passed over.
std::vector<BundleCandidate> find_bundles_where_possible(
    const std::vector<std::string>& places, const std::function<void(const std::string& path, const std::string& reason)>& on_problem);

/// The one bundle meant: `selector` (--bundle: id, id prefix of >= 6, or name) or the only one. None: InputError naming the places. Several
/// without a selector: UsageError that lists them.
BundleCandidate choose_bundle(const std::vector<BundleCandidate>& found, const std::vector<std::string>& places,
                              const std::optional<std::string>& selector);

}  // namespace rootcellar
