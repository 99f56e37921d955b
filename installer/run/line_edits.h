// Lines of ours in a text file that others own too: what to add and what to comment out, and both taken back line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// In front of an entry that we switched off.
inline constexpr std::string_view k_line_mark = "#rootcellar# ";

/// Which lines an edit adds and comments out.
struct LineChanges {
  std::vector<std::string> added;
  std::vector<std::string> commented;  ///< as they were
  bool empty() const { return added.empty() && commented.empty(); }
};

/// `add`: whole lines the text shall have. `fs_type`: entries of fstab(5) of this type shall be comments; empty: none.
LineChanges plan_line_edits(std::string_view text, const std::vector<std::string>& add, std::string_view fs_type);
std::string apply_line_edits(std::string_view text, const LineChanges& changes);
/// Takes back what of `changes` still stands as we wrote it; everybody else's lines stay, in their order.
std::string revert_line_edits(std::string_view text, const LineChanges& changes);

}  // namespace rootcellar
