// The words that say which bundle is meant and whom to believe, shared by the commands that read bundles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/base/cli.h"
#include "bundle/bundle.h"

namespace rootcellar {

struct BundleWords {
  std::string bundle;
  std::vector<std::string> from;
  std::optional<std::string> selector;
  std::optional<std::string> trust;
};
/// BUNDLE, --from, --bundle and, when wanted, --trust. REQUIRES: `words` outlives the parsing.
std::vector<cli::Option> bundle_options(BundleWords& words, bool with_trust);

/// The one bundle meant. What looks like a volume and is none is told as a warning.
BundleCandidate find_bundle(const BundleWords& words, cli::Console& console);
/// The bundle meant, believed by --trust. Without --trust: UsageError "cannot DEED 'BUNDLE' without trust".
Bundle open_trusted(const BundleWords& words, std::string_view deed, cli::Console& console);

}  // namespace rootcellar
