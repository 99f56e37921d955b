// The bundle a command is about: found in the places named, believed, opened.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "bundle/bundle.h"
#include "installer/commands/kept_state.h"

namespace rootcellar {

/// The words that say which bundle: BUNDLE, --from, --bundle, --trust.
struct BundleOptions {
  std::string bundle;
  std::vector<std::string> from;
  std::optional<std::string> selector;
  std::optional<std::string> trust;
  std::vector<std::string> places() const;  ///< absolute
};
/// REQUIRES: `options` outlives the parsing.
std::vector<cli::Option> bundle_option_list(BundleOptions& options);

struct OpenedBundle {
  Bundle bundle;
  TrustPolicy policy;
};
/// `vouched`: whom a believed ticket says to believe, where this machine has pinned nobody; --trust is about the ticket then.
OpenedBundle open_bundle(const BundleOptions& options, const KeptState& kept, cli::Console& console, const TrustPolicy* vouched = nullptr);

/// As seen from the current directory.
std::string absolute_path(const std::string& path);

/// Asks for a volume by number and label; gives up at an empty line.
VolumeAsker ask_for_volumes(cli::Console& console);
/// InputError naming the first volume that is in no place; `bundle` has all: nothing.
void require_all_volumes(const Bundle& bundle);
/// "lab-cpu-3-amd64, signed by site"
std::string bundle_line(const Bundle& bundle);

}  // namespace rootcellar
