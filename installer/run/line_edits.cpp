#include "installer/run/line_edits.h"

#include <algorithm>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

// Without the empty piece behind the last newline.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// fstab(5): device, mount point, type, separated by blanks or tabs; '#' begins a comment line.
std::string_view fs_type_of(std::string_view line) {
  std::string_view rest = trim(line);
  if (rest.starts_with('#')) return {};
  for (int field = 0; field < 2; ++field) {
    const std::size_t end = rest.find_first_of(" \t");
    if (end == rest.npos) return {};
    rest = trim(rest.substr(end));
  }
  return rest.substr(0, rest.find_first_of(" \t"));
}

}  // namespace

LineChanges plan_line_edits(std::string_view text, const std::vector<std::string>& add, std::string_view fs_type) {
  LineChanges changes;
  const std::vector<std::string> lines = lines_of(text);
  for (const std::string& line : add) {
    if (!has(lines, line) && !has(changes.added, line)) changes.added.push_back(line);
  }
  for (const std::string& line : lines) {
    if (!fs_type.empty() && fs_type_of(line) == fs_type) changes.commented.push_back(line);
  }
  return changes;
}

std::string apply_line_edits(std::string_view text, const LineChanges& changes) {
  std::vector<std::string> lines = lines_of(text);
  for (std::string& line : lines) {
    if (has(changes.commented, line)) line.insert(0, k_line_mark);
  }
  for (const std::string& line : changes.added) {
    if (!has(lines, line)) lines.push_back(line);
  }
  return text_of(lines);
}

std::string revert_line_edits(std::string_view text, const LineChanges& changes) {
  std::vector<std::string> lines = lines_of(text);
  for (std::string& line : lines) {
    if (line.starts_with(k_line_mark) && has(changes.commented, line.substr(k_line_mark.size()))) line.erase(0, k_line_mark.size());
  }
  for (const std::string& line : changes.added) {
    const auto last = std::find(lines.rbegin(), lines.rend(), line);
    if (last != lines.rend()) lines.erase(std::next(last).base());
  }
  return text_of(lines);
}

}  // namespace rootcellar
