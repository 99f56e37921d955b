#include "installer/run/runtime_values.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "bundle/site_template.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_value_limit = std::size_t{1} << 20;

// A name is one file name: no way out of the folder.
std::string kept_path(const std::string& folder, const std::string& name) {
  const bool plain = !name.empty() && name[0] != '.' && name.find('/') == name.npos;
  if (!plain) throw InputError(cat("expected the name of a secret or capture, found '", printable(name), "'"));
  return path_join(folder, name);
}

constexpr std::string_view k_secret = "secret.";
constexpr std::string_view k_capture = "capture.";
constexpr std::string_view k_answers = "answers.", k_file = "|file";

/// Finds values by name, and notes which secrets went into the text.
class Values {
 public:
  Values(const std::vector<TemplateValue>& planned, const ActionScope& scope, Missing missing, std::vector<std::string>& secrets)
      : planned_(planned), scope_(scope), missing_(missing), secrets_(secrets) {}

  /// Nothing when no such name is known.
  std::optional<std::string> value_of(std::string_view name) {
    if (name.starts_with(k_secret)) {
      secrets_.push_back(kept(secret_path(std::string(name.substr(k_secret.size())), scope_)));
      return secrets_.back();
    }
    if (name.starts_with(k_capture)) return kept(capture_path(std::string(name.substr(k_capture.size())), scope_));
    if (name.starts_with(k_answers) && name.ends_with(k_file)) return file_of(name);
    const auto found = std::find_if(planned_.begin(), planned_.end(), [&](const TemplateValue& value) { return value.name == name; });
    if (found != planned_.end()) return found->value;
    if (missing_ == Missing::is_empty) return std::string();
    return std::nullopt;
  }

 private:
  /// Byte for byte, and the very bytes that the plan knew.
  std::optional<std::string> file_of(std::string_view name) {
    const std::string_view key = name.substr(k_answers.size(), name.size() - k_answers.size() - k_file.size());
    const std::string path = answered_file_path(std::string(key), scope_.context.paths);
    auto content = scope_.host().read_file(path, k_value_limit);
    const auto found = std::find_if(planned_.begin(), planned_.end(), [&](const TemplateValue& value) { return value.name == name; });
    const bool same = content && found != planned_.end() && sha256(as_bytes(*content)).named() == found->value;
    if (missing_ == Missing::is_empty && !same) return std::string();
    if (!same) throw InputError(cat("expected '", path, "' as it was when this was planned, found ", content ? "something else" : "none"));
    secrets_.push_back(*content);
    return content;
  }

  std::string kept(const std::string& path) {
    if (missing_ == Missing::is_empty && !scope_.host().exists(path)) return {};
    return read_kept(path, scope_);
  }

  const std::vector<TemplateValue>& planned_;
  const ActionScope& scope_;
  Missing missing_;
  std::vector<std::string>& secrets_;
};

}  // namespace

FilledText fill_in(std::string_view text, const std::vector<TemplateValue>& values, std::string_view what, const ActionScope& scope,
                   Missing missing) {
  FilledText filled;
  Values known(values, scope, missing, filled.secrets);
  with_note(cat("filling in ", what), [&] {
    filled.text = render_template(
        text, [&](std::string_view name) { return known.value_of(name); }, what);
  });
  return filled;
}

FilledText::~FilledText() {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  for (std::string& secret : secrets) wipe({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
}

std::string secret_path(const std::string& name, const ActionScope& scope) { return kept_path(scope.context.paths.secrets(), name); }

std::string capture_path(const std::string& name, const ActionScope& scope) { return kept_path(scope.context.paths.captures(), name); }

std::string answered_file_path(const std::string& key, const SitePaths& paths) { return kept_path(paths.secrets(), cat("_file.", key)); }

std::string read_kept(const std::string& path, const ActionScope& scope) {
  auto text = scope.host().read_file(path, k_value_limit);
  if (!text) throw InputError(cat("expected '", path, "', found none"), "the step that makes it has not run, or somebody removed the file");
  while (text->ends_with('\n')) text->pop_back();
  return *std::move(text);
}

}  // namespace rootcellar
