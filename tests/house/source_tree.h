// The repository as the house tests see it: its files, and their code without comments and literals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rootcellar::house {

struct SourceFile {
  std::string path;  ///< from the repository root
  std::string text;
  std::string code;  ///< C++ only: comments and the contents of literals are blanks, lines stay where they are
};

/// Every file below `folder` ("" for all), sorted; build directories, .git and names starting with '.' are left out.
std::vector<SourceFile> files_below(const std::string& folder);
/// The C++ files of bundle/, builder/ and installer/.
std::vector<SourceFile> program_sources();

bool is_cpp(std::string_view path);
bool is_header(std::string_view path);
std::string code_of(std::string_view text);

/// "path:line" for the offset `at` of a file's text.
std::string place(const SourceFile& file, std::size_t at);
/// "PATH:LINE: WORD" for each occurrence in the code of a word that does not go on to the left.
std::vector<std::string> uses_of(const SourceFile& file, std::string_view word);

}  // namespace rootcellar::house
