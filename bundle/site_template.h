// Texts with places that only the site can fill in: ${site.NAME}, ${answers.NAME}, ${secret.NAME} and ${capture.NAME}, each with filters.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

/// One step from a value to the text that is put in: `b64` (RFC 4648, one line), `json` (a quoted JSON string), `indent:N` (every line but
/// the first begins with N spaces). `file` is the first one of an answer: the answer is a path on the site, and the value what is in the file.
struct TemplateFilter {
  std::string name;
  std::string argument;
};

/// One "${NAME|filter|filter:ARGUMENT}". Line and column count from 1; columns count characters.
struct TemplateReference {
  std::string name;
  std::vector<TemplateFilter> filters;  ///< left to right
  int line = 0;
  int column = 0;
};

/// By which the value is looked up: the name, with "|file" for what is in the file.
std::string value_name(const TemplateReference& reference);

/// Whether the name is filled in on the site: it begins with "site.", "answers.", "secret." or "capture.".
bool is_site_name(std::string_view name);

/// Every reference of `text`, in its order. "$${" is "${" itself; any other "${" that is no reference is an InputError with `what`, line
/// and column.
std::vector<TemplateReference> template_references(std::string_view text, std::string_view what);

/// `text` with every reference replaced and "$${" made "${". `value` is asked by value_name() and gives nothing for a name it does not
/// know: an InputError with the place.
std::string render_template(std::string_view text, const std::function<std::optional<std::string>(std::string_view name)>& value,
                            std::string_view what);

/// "NAME|filter|filter:ARGUMENT" in its parts. A fault is what `reason` then says, without a place.
std::optional<TemplateReference> parse_template_reference(std::string_view inside, std::string& reason);

/// `value` through `filters`.
std::string apply_template_filters(std::string value, const std::vector<TemplateFilter>& filters);

}  // namespace rootcellar
