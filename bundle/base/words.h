// The 2048 words a fingerprint is told in, generated from docs/words.txt: 4 to 6 letters, told apart by their first four.
#pragma once

#include <array>
#include <string_view>

namespace rootcellar {

/// Sorted; a word's index is its 11 bits. The list is part of what a fingerprint means: never change it.
extern const std::array<std::string_view, 2048> k_words;

}  // namespace rootcellar
