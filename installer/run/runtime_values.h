// ${NAME} filled in when a step runs: what the plan knew, and the secrets and captures that only this machine has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "installer/run/actions/actions.h"

namespace rootcellar {

/// A text with secrets in it: wiped when it goes, and with the list of what a log must not show.
struct FilledText {
  FilledText() = default;
  FilledText(FilledText&&) noexcept = default;
  FilledText(const FilledText&) = delete;
  FilledText& operator=(const FilledText&) = delete;
  ~FilledText();

  std::string text;
  std::vector<std::string> secrets;
};

enum class Missing {
  is_an_error,
  is_empty,  ///< for taking back: names and kinds matter then, and a secret may be gone
};

/// A value that is nowhere is an InputError naming it. `what` names the text: "manifest 'argo'".
FilledText fill_in(std::string_view text, const std::vector<TemplateValue>& values, std::string_view what, const ActionScope& scope,
                   Missing missing = Missing::is_an_error);

/// The path of ${secret.NAME} and of ${capture.NAME}.
std::string secret_path(const std::string& name, const ActionScope& scope);
std::string capture_path(const std::string& name, const ActionScope& scope);
/// The path of our own copy of the file that ${answers.KEY|file} takes in: a secret, for all we know.
std::string answered_file_path(const std::string& key, const SitePaths& paths);
/// A kept value, without a newline at its end; an InputError naming the path when it is not there.
std::string read_kept(const std::string& path, const ActionScope& scope);

}  // namespace rootcellar
