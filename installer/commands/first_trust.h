// Whom to believe: the pinned keys, else a file from elsewhere, else six words from paper. Never a key because it lies beside the bundle.
#pragma once

#include <optional>
#include <string>

#include "bundle/base/cli.h"
#include "bundle/trust.h"
#include "bundle/volumes.h"
#include "installer/commands/kept_state.h"

namespace rootcellar {

/// TrustError when nothing says whom to believe, when `trust_file` lies with the bundle, or when it differs from what is pinned.
TrustPolicy establish_trust(const BundleCandidate& candidate, const std::optional<std::string>& trust_file, const KeptState& kept,
                            cli::Console& console);

/// "  Abandon ability\table " -> "abandon ability able": how typed words are compared.
std::string normal_words(std::string_view typed);

}  // namespace rootcellar
