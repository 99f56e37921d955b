#include "tests/house/source_tree.h"

#include <algorithm>
#include <cctype>

#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar::house {
namespace {

constexpr std::size_t k_largest_source = std::size_t{16} << 20;

bool is_left_out(std::string_view name) { return name.starts_with('.') || name == "build" || name.starts_with("build-") || name == "out"; }

void collect(const std::string& path, std::vector<SourceFile>& files) {
  const std::string whole = path.empty() ? std::string(RC_SOURCE_DIR) : path_join(RC_SOURCE_DIR, path);
  for (const std::string& name : list_directory(whole)) {
    if (is_left_out(name)) continue;
    const std::string below = path_join(path, name);
    const auto status = file_status_followed(path_join(whole, name));
    if (!status) continue;
    if (status->type == FileStatus::Type::directory) collect(below, files);
    if (status->type != FileStatus::Type::file || status->size > k_largest_source) continue;
    const std::string text = read_file(path_join(whole, name), k_largest_source);
    files.push_back({below, text, is_cpp(below) ? code_of(text) : std::string()});
  }
}

/// Length of the comment or literal that starts at `at`, 0 when none does.
std::size_t blank_length(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//")) return std::min(rest.find('\n'), rest.size());
  if (rest.starts_with("/*")) return std::min(rest.find("*/"), rest.size() - 2) + 2;
  if (rest.starts_with("R\"")) {
    const std::string end = cat(")", rest.substr(2, rest.find('(') - 2), "\"");
    return std::min(rest.find(end), rest.size() - end.size()) + end.size();
  }
  const bool is_digit_separator = rest[0] == '\'' && at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
  if ((rest[0] != '"' && rest[0] != '\'') || is_digit_separator) return 0;
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != rest[0] && rest[end] != '\n') end += rest[end] == '\\' ? 2 : 1;
  return std::min(end + 1, rest.size());
}

}  // namespace

std::vector<SourceFile> files_below(const std::string& folder) {
  static const std::vector<SourceFile> all = [] {
    std::vector<SourceFile> files;
    collect("", files);
    return files;
  }();
  std::vector<SourceFile> chosen;
  const auto is_below = [&](const SourceFile& file) { return folder.empty() || file.path.starts_with(folder + "/"); };
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), is_below);
  return chosen;
}

std::vector<SourceFile> program_sources() {
  std::vector<SourceFile> sources;
  for (const std::string folder : {"bundle", "builder", "installer"}) {
    for (SourceFile& file : files_below(folder)) {
      if (is_cpp(file.path)) sources.push_back(std::move(file));
    }
  }
  return sources;
}

bool is_cpp(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".h"); }
bool is_header(std::string_view path) { return path.ends_with(".h"); }

std::string code_of(std::string_view text) {
  std::string code(text);
  for (std::size_t at = 0; at < text.size();) {
    const bool is_include = text.substr(at).starts_with("#include");
    const std::size_t length = is_include ? 0 : blank_length(text, at);
    for (std::size_t i = at; i < at + length; ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
    at += is_include ? std::min(text.find('\n', at), text.size()) - at : std::max<std::size_t>(length, 1);
  }
  return code;
}

std::string place(const SourceFile& file, std::size_t at) {
  return cat(file.path, ":", std::count(file.text.begin(), file.text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1);
}

std::vector<std::string> uses_of(const SourceFile& file, std::string_view word) {
  std::vector<std::string> uses;
  const std::string& searched = file.code.empty() ? file.text : file.code;
  for (std::size_t at = searched.find(word); at != std::string::npos; at = searched.find(word, at + 1)) {
    const char before = at == 0 ? ' ' : searched[at - 1];
    const bool goes_on = std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '_';
    if (!goes_on || std::isalnum(static_cast<unsigned char>(word[0])) == 0) uses.push_back(cat(place(file, at), ": ", word));
  }
  return uses;
}

}  // namespace rootcellar::house
