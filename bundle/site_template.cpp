#include "bundle/site_template.h"

#include <algorithm>
#include <array>

#include "bundle/base/error.h"
#include "bundle/base/io.h"
#include "bundle/base/json.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::array<std::string_view, 4> k_kinds{"site.", "answers.", "secret.", "capture."};
constexpr std::string_view k_expected = "expected a name that begins with site., answers., secret. or capture.";
constexpr std::size_t k_longest_name = 200;
constexpr std::uint64_t k_widest_indent = 64;
const std::vector<std::string> k_filters{"b64", "json", "indent", "file"};

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         std::string_view("._-").find(letter) != std::string_view::npos;
}

bool is_whole_name(std::string_view name) {
  return is_site_name(name) && name.size() <= k_longest_name && name.back() != '.' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_name_letter);
}

std::string fault_of(const TemplateFilter& filter) {
  const std::string named = cat("filter '", printable(filter.name, 40), "'");
  if (std::find(k_filters.begin(), k_filters.end(), filter.name) == k_filters.end())
    return cat("unknown ", named, ": expected b64, json, indent:N or file");
  const auto width = parse_u64(filter.argument);
  if (filter.name != "indent") return filter.argument.empty() ? std::string() : cat(named, " takes no argument");
  if (!width || *width > k_widest_indent)
    return cat(named, ": expected a number of spaces from 0 to ", k_widest_indent, ", found '", printable(filter.argument, 40), "'");
  return {};
}

/// A file is read before anything is made of it, and nobody but the site names one.
std::string fault_of_file(const TemplateReference& reference) {
  const TemplateFilter& last = reference.filters.back();
  if (last.name != "file") return {};
  if (!reference.name.starts_with("answers.")) return "filter 'file': expected the name of an answer, which is the file's path";
  return reference.filters.size() == 1 ? std::string() : "filter 'file': expected it as the first one";
}

TemplateFilter filter_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {std::string(trim(text)), {}};
  return {std::string(trim(text.substr(0, colon))), std::string(trim(text.substr(colon + 1)))};
}

std::string indented(std::string_view value, std::size_t width) {
  std::string out;
  for (const char letter : value) {
    out += letter;
    if (letter == '\n') out.append(width, ' ');
  }
  return out;
}

/// Where in the text something stands.
struct Place {
  int line = 1;
  int column = 1;

  void pass(std::string_view text) {
    for (const char letter : text) {
      const bool is_inside_character = (letter & 0xC0) == 0x80;
      if (letter == '\n') {
        ++line;
        column = 1;
      } else if (!is_inside_character) {
        ++column;
      }
    }
  }
};

/// Splits a text into what stands as it is and references, in order.
class TemplateWalker {
 public:
  TemplateWalker(std::string_view text, std::string_view what) : rest_(text), what_(what) {}

  void walk(const std::function<void(std::string_view)>& on_text, const std::function<void(const TemplateReference&)>& on_reference) {
    for (std::size_t at = rest_.find("${"); at != std::string_view::npos; at = rest_.find("${")) {
      const bool is_escaped = at > 0 && rest_[at - 1] == '$';
      on_text(rest_.substr(0, is_escaped ? at - 1 : at));
      take(at);
      if (is_escaped) {
        on_text("${");
        take(2);
      } else {
        on_reference(reference());
      }
    }
    on_text(rest_);
  }

 private:
  void take(std::size_t size) {
    place_.pass(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }

  [[noreturn]] void fail(std::string_view reason) const {
    throw InputError(cat(what_, ":", place_.line, ":", place_.column, ": ", reason), "write $${ for the characters ${ themselves");
  }

  TemplateReference reference() {
    const std::size_t end = rest_.find_first_of("}\n");
    if (end == std::string_view::npos || rest_[end] != '}') fail("'${' without '}' in the same line");
    std::string reason;
    auto found = parse_template_reference(rest_.substr(2, end - 2), reason);
    if (!found) fail(reason);
    found->line = place_.line;
    found->column = place_.column;
    take(end + 1);
    return *std::move(found);
  }

  std::string_view rest_;
  std::string_view what_;
  Place place_;
};

}  // namespace

std::string value_name(const TemplateReference& reference) {
  const bool of_file = !reference.filters.empty() && reference.filters.front().name == "file";
  return of_file ? cat(reference.name, "|file") : reference.name;
}

bool is_site_name(std::string_view name) {
  return std::any_of(k_kinds.begin(), k_kinds.end(),
                     [&](std::string_view kind) { return name.starts_with(kind) && name.size() > kind.size(); });
}

std::optional<TemplateReference> parse_template_reference(std::string_view inside, std::string& reason) {
  const auto parts = split(inside, '|');
  TemplateReference reference;
  reference.name = std::string(trim(parts[0]));
  if (!is_whole_name(reference.name)) {
    reason = cat("'${", printable(inside, 80), "}': ", k_expected);
    return std::nullopt;
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    reference.filters.push_back(filter_of(parts[i]));
    reason = fault_of(reference.filters.back());
    if (reason.empty()) reason = fault_of_file(reference);
    if (!reason.empty()) return std::nullopt;
  }
  return reference;
}

std::string apply_template_filters(std::string value, const std::vector<TemplateFilter>& filters) {
  for (const TemplateFilter& filter : filters) {
    if (filter.name == "b64") value = base64_encode(as_bytes(value));
    if (filter.name == "json") value = JsonValue::string(value).dump();
    if (filter.name == "indent") value = indented(value, parse_u64(filter.argument).value_or(0));
  }
  return value;
}

std::vector<TemplateReference> template_references(std::string_view text, std::string_view what) {
  std::vector<TemplateReference> found;
  TemplateWalker(text, what).walk([](std::string_view) {}, [&](const TemplateReference& reference) { found.push_back(reference); });
  return found;
}

std::string render_template(std::string_view text, const std::function<std::optional<std::string>(std::string_view name)>& value,
                            std::string_view what) {
  std::string out;
  const auto put = [&](const TemplateReference& reference) {
    auto found = value(value_name(reference));
    if (!found) throw InputError(cat(what, ":", reference.line, ":", reference.column, ": no value for '${", value_name(reference), "}'"));
    out += apply_template_filters(*std::move(found), reference.filters);
  };
  TemplateWalker(text, what).walk([&](std::string_view piece) { out += piece; }, put);
  return out;
}

}  // namespace rootcellar
