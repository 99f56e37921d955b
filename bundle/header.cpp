#include "bundle/header.h"

#include <array>
#include <cassert>
#include <functional>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_first_line = "rootcellar-1";

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 32 || text.front() == '-') return false;
  for (char c : text) {
    if (!is_name_character(c)) return false;
  }
  return true;
}

bool is_version(std::string_view text) {
  if (text.empty() || text.size() > 32) return false;
  for (char c : text) {
    if (!is_name_character(c) && !(c >= 'A' && c <= 'Z') && c != '.' && c != '+' && c != '~') return false;
  }
  return true;
}

bool is_base(std::string_view text) {
  if (text == "none") return true;
  auto bytes = hex_decode(text);
  return bytes && bytes->size() == 16;
}

bool read_text(bool valid, std::string_view text, std::string& into) {
  if (valid) into = text;
  return valid;
}

template <typename Number>
bool read_number(std::string_view text, std::uint64_t least, std::uint64_t most, Number& into) {
  auto value = parse_u64(text);
  if (!value || *value < least || *value > most) return false;
  into = static_cast<Number>(*value);
  return true;
}

bool read_time(std::string_view text, std::int64_t& into) {
  auto value = parse_time(text);
  if (!value || *value < 0) return false;
  into = *value;
  return true;
}

bool read_digest(std::string_view text, Digest& into) {
  auto value = Digest::from_hex(text);
  if (!value) return false;
  into = *value;
  return true;
}

/// One line of the text. The order of the table is the order of the lines.
struct Field {
  std::string_view key;
  std::string_view expected;
  std::string (*print)(const Header&);
  bool (*read)(std::string_view, Header&);
};

constexpr std::string_view k_name_rule = "1 to 32 of a-z, 0-9 and '-'";
constexpr std::string_view k_version_rule = "a version";
constexpr std::string_view k_time_rule = "a time like 2026-11-21T06:03:00Z";
constexpr std::string_view k_number_rule = "a number within its limit";

const std::array<Field, 16>& fields() {
  using View = std::string_view;
  static const std::array<Field, 16> table{{
      {"product", k_name_rule, [](const Header& h) { return h.product; },
       [](View t, Header& h) { return read_text(is_name(t), t, h.product); }},
      {"variant", k_name_rule, [](const Header& h) { return h.variant; },
       [](View t, Header& h) { return read_text(is_name(t), t, h.variant); }},
      {"architecture", k_name_rule, [](const Header& h) { return h.architecture; },
       [](View t, Header& h) { return read_text(is_name(t), t, h.architecture); }},
      {"serial", k_number_rule, [](const Header& h) { return cat(h.serial); },
       [](View t, Header& h) { return read_number(t, 0, UINT64_MAX, h.serial); }},
      {"created", k_time_rule, [](const Header& h) { return format_time(h.created); },
       [](View t, Header& h) { return read_time(t, h.created); }},
      {"expires", k_time_rule, [](const Header& h) { return format_time(h.expires); },
       [](View t, Header& h) { return read_time(t, h.expires); }},
      {"installer-min", k_version_rule, [](const Header& h) { return h.installer_min; },
       [](View t, Header& h) { return read_text(is_version(t), t, h.installer_min); }},
      {"base", "'none' or 32 hex digits", [](const Header& h) { return h.base; },
       [](View t, Header& h) { return read_text(is_base(t), t, h.base); }},
      {"index-sha256", "64 hex digits", [](const Header& h) { return h.index_digest.hex(); },
       [](View t, Header& h) { return read_digest(t, h.index_digest); }},
      {"index-size", k_number_rule, [](const Header& h) { return cat(h.index_size); },
       [](View t, Header& h) { return read_number(t, 1, limits::k_index_stored, h.index_size); }},
      {"index-raw", k_number_rule, [](const Header& h) { return cat(h.index_raw); },
       [](View t, Header& h) { return read_number(t, 1, limits::k_index_raw, h.index_raw); }},
      {"frames", k_number_rule, [](const Header& h) { return cat(h.frames); },
       [](View t, Header& h) { return read_number(t, 0, limits::k_frames, h.frames); }},
      {"payload", k_number_rule, [](const Header& h) { return cat(h.payload); },
       [](View t, Header& h) { return read_number(t, 0, limits::k_payload, h.payload); }},
      {"volumes", k_number_rule, [](const Header& h) { return cat(h.volumes); },
       [](View t, Header& h) { return read_number(t, 1, limits::k_volumes, h.volumes); }},
      {"zstd", k_version_rule, [](const Header& h) { return h.zstd; },
       [](View t, Header& h) { return read_text(is_version(t), t, h.zstd); }},
      {"builder", k_version_rule, [](const Header& h) { return h.builder; },
       [](View t, Header& h) { return read_text(is_version(t), t, h.builder); }},
  }};
  return table;
}

[[noreturn]] void refuse(std::string_view what, std::size_t line, std::string_view expected, std::string_view found) {
  throw InputError(cat(what, ": header line ", line, ": expected ", expected, ", found '", printable(found, 100), "'"));
}

/// Takes one line including its LF off the front of `rest`.
std::string_view take_line(std::string_view& rest, std::string_view what, std::size_t number, std::string_view expected) {
  std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) refuse(what, number, cat(expected, " and a line end"), rest);
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

void read_field(const Field& field, std::string_view line, std::size_t number, std::string_view what, Header& header) {
  std::string start = cat(field.key, ": ");
  if (!line.starts_with(start)) refuse(what, number, cat("'", start, "...'"), line);
  std::string_view value = line.substr(start.size());
  if (!field.read(value, header)) refuse(what, number, cat(field.key, " to be ", field.expected), value);
}

}  // namespace

std::string encode_header(const Header& header) {
  std::string out = cat(k_first_line, '\n');
  for (const Field& field : fields()) out += cat(field.key, ": ", field.print(header), '\n');
  return out;
}

Header decode_header(std::string_view text, std::string_view what) {
  if (text.size() > limits::k_header_text)
    throw InputError(cat(what, ": the header has ", text.size(), " bytes, at most ", limits::k_header_text, " are allowed"));
  std::string_view rest = text;
  Header header;
  std::size_t number = 1;
  std::string_view first = take_line(rest, what, number, cat("'", k_first_line, "'"));
  if (first != k_first_line) refuse(what, number, cat("'", k_first_line, "'"), first);
  for (const Field& field : fields()) {
    ++number;
    read_field(field, take_line(rest, what, number, cat("'", field.key, ": ...'")), number, what, header);
  }
  if (!rest.empty()) refuse(what, number + 1, "the end", rest.substr(0, rest.find('\n')));
  if (encode_header(header) != text) throw InputError(cat(what, ": the header is not in canonical form"));
  return header;
}

std::string bundle_id(std::string_view header_text) { return sha256(as_bytes(header_text)).hex().substr(0, 32); }

std::string trusted_comment(const Header& header) {
  return cat("rootcellar ", header.product, '-', header.variant, " serial ", header.serial, " arch ", header.architecture, " expires ",
             format_time(header.expires), " id ", bundle_id(encode_header(header)));
}

std::string bundle_name(const Header& header) {
  return cat(header.product, '-', header.variant, '-', header.serial, '-', header.architecture);
}

std::string volume_file_name(const Header& header, std::uint32_t volume) {
  return cat(bundle_name(header), volume < 10 ? ".v0" : ".v", volume, ".cellar");
}

}  // namespace rootcellar
