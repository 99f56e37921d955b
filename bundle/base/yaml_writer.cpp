// Writing the strict subset: block style, two-space indent, what could be read otherwise is quoted.
#include <algorithm>
#include <cassert>

#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

bool is_alphanumeric(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

/// Words and digits that some YAML reader takes for a truth, a null, a number or a time.
bool looks_typed(std::string_view text) {
  const std::string word = lower_ascii(text);
  constexpr std::string_view k_words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};
  if (std::find(std::begin(k_words), std::end(k_words), word) != std::end(k_words)) return true;
  const bool starts_like_number = (word[0] >= '0' && word[0] <= '9') || word[0] == '.' || word[0] == '+';
  return starts_like_number && word.find_first_not_of("0123456789abcdefox_.:+-t z") == std::string::npos;
}

/// Plain in block context: starts harmlessly, and holds nothing that ends a key, a value or the line.
bool can_be_plain(std::string_view text) {
  if (text.empty() || !(is_alphanumeric(text[0]) || text[0] == '/' || text[0] == '.' || text[0] == '_' || text[0] == '+')) return false;
  if (text.ends_with(' ') || text.ends_with(':') || text == "...") return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  const auto is_harmless = [](char letter) {
    return is_alphanumeric(letter) || std::string_view(" /._+-:@=,()~^%$*?;<>&#").find(letter) != std::string_view::npos;
  };
  return std::all_of(text.begin(), text.end(), is_harmless) && !looks_typed(text);
}

void append_escaped(std::string& out, std::string_view sequence) {
  const char first = sequence[0];
  const auto byte = static_cast<std::uint8_t>(first);
  if (first == '"' || first == '\\') {
    out.append({'\\', first});
  } else if (first == '\n') {
    out.append("\\n");
  } else if (first == '\t') {
    out.append("\\t");
  } else if (byte < 0x20 || byte == 0x7F) {
    out.append(cat("\\x", hex_encode({&byte, 1})));
  } else {
    out.append(sequence);
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_sequence(rest);
    if (length == 0) throw InputError(cat("cannot write '", printable(text, 60), "' as YAML: not valid UTF-8"));
    append_escaped(out, rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return out + '"';
}

std::string scalar_text(std::string_view text) { return can_be_plain(text) ? std::string(text) : quoted(text); }

}  // namespace

void YamlWriter::newline_indent(std::size_t depth) {
  if (!out_.empty() && !out_.ends_with('\n')) out_.push_back('\n');
  out_.append(2 * depth, ' ');
}

/// Where an item of a list stands, or the space after "key:".
void YamlWriter::begin_value() {
  assert((levels_.empty() || levels_.back() == 'l' || after_key_) && "a map needs a key first");
  if (!levels_.empty() && levels_.back() == 'l') {
    const bool shares_line = level_empty_.back() && levels_.size() > 1 && levels_[levels_.size() - 2] == 'l';
    if (!shares_line) newline_indent(levels_.size() - 1);
    level_empty_.back() = false;
    out_.append("- ");
  }
}

void YamlWriter::key(std::string_view name) {
  assert(!levels_.empty() && levels_.back() == 'm' && !after_key_);
  const bool shares_line = level_empty_.back() && levels_.size() > 1 && levels_[levels_.size() - 2] == 'l';
  if (!shares_line) newline_indent(levels_.size() - 1);
  level_empty_.back() = false;
  out_.append(cat(scalar_text(name), ":"));
  after_key_ = true;
}

void YamlWriter::write_scalar(std::string_view text) {
  begin_value();
  if (after_key_) out_.push_back(' ');
  out_.append(text);
  after_key_ = false;
}

void YamlWriter::value(std::string_view text) { write_scalar(scalar_text(text)); }
void YamlWriter::value_plain(std::uint64_t number) { write_scalar(std::to_string(number)); }
void YamlWriter::value_plain(bool truth) { write_scalar(truth ? "true" : "false"); }

void YamlWriter::begin_level(char kind) {
  begin_value();
  after_key_ = false;
  levels_.push_back(kind);
  level_empty_.push_back(true);
}

/// An empty map or list has nowhere to stand but in brackets.
void YamlWriter::end_level(char kind, std::string_view when_empty) {
  assert(!levels_.empty() && levels_.back() == kind && !after_key_);
  static_cast<void>(kind);
  if (level_empty_.back()) {
    if (out_.ends_with(':')) out_.push_back(' ');
    out_.append(when_empty);
  }
  levels_.pop_back();
  level_empty_.pop_back();
}

void YamlWriter::begin_map() { begin_level('m'); }
void YamlWriter::end_map() { end_level('m', "{}"); }
void YamlWriter::begin_list() { begin_level('l'); }
void YamlWriter::end_list() { end_level('l', "[]"); }

void YamlWriter::comment(std::string_view line) {
  assert(levels_.size() <= 1 && !after_key_ && line.find('\n') == std::string_view::npos);
  newline_indent(0);
  out_.append(cat("# ", line, "\n"));
}

void YamlWriter::entry_list(std::string_view name, const std::vector<std::string>& items) {
  key(name);
  begin_list();
  for (const std::string& item : items) value(item);
  end_list();
}

std::string YamlWriter::finish() {
  assert(levels_.empty() && !after_key_);
  if (!out_.ends_with('\n')) out_.push_back('\n');
  return std::move(out_);
}

}  // namespace rootcellar
