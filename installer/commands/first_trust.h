// Whom to believe: the pinned keys, else a file from elsewhere, else six words from paper. Never a key because it lies beside the bundle.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/cli.h"
#include "bundle/trust.h"
#include "bundle/volumes.h"
#include "installer/commands/kept_state.h"

namespace rootcellar {

/// TrustError when nothing says whom to believe, when `trust_file` lies with the bundle, or when it differs from what is pinned.
TrustPolicy establish_trust(const BundleCandidate& candidate, const std::optional<std::string>& trust_file, const KeptState& kept,
                            cli::Console& console);

/// TrustError when `trust_file` lies with `thing` (a file) or on the same stick, which it would vouch for.
void refuse_what_came_with(const std::string& trust_file, const std::string& path, std::string_view thing);

/// Asks up to three times for the six words of `keys`; the key whose words were typed. Nothing after the third wrong answer.
/// `wrong`: what is said of other words, "These are not the words of ...".
std::optional<PublicKey> ask_for_words_of(const std::vector<PublicKey>& keys, std::string_view question, std::string_view what,
                                          std::string_view wrong, cli::Console& console);

/// "  Abandon ability\table " -> "abandon ability able": how typed words are compared.
std::string normal_words(std::string_view typed);

}  // namespace rootcellar
