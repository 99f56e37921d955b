#include "builder/source/apt_text.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

/// One line " HASH SIZE NAME" of a SHA256 section.
void add_file(ReleaseFile& release, std::string_view line, std::string_view what) {
  const auto parts = words(line);
  const auto digest = parts.size() == 3 ? Digest::from_hex(parts[0]) : std::nullopt;
  const auto size = parts.size() == 3 ? parse_u64(parts[1]) : std::nullopt;
  if (!digest || !size) throw InputError(cat("cannot read '", what, "': expected 'SHA256 SIZE NAME', found '", printable(line), "'"));
  release.files[std::string(parts[2])] = {*digest, *size};
}

/// The text between the armour's head and its signature; all of it when there is none.
std::string_view signed_part(std::string_view text) {
  const std::size_t head = text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----") ? text.find("\n\n") : std::string_view::npos;
  if (head != std::string_view::npos) text.remove_prefix(head + 2);
  return text.substr(0, text.find("\n-----BEGIN PGP SIGNATURE-----"));
}

std::string_view between(std::string_view text, char open, char close) {
  const std::size_t from = text.find(open);
  if (from == std::string_view::npos) return {};
  const std::size_t to = text.find(close, from + 1);
  return to == std::string_view::npos ? std::string_view() : text.substr(from + 1, to - from - 1);
}

PrintedUri parse_printed(std::string_view line) {
  const std::string_view uri = between(line, '\'', '\'');
  const auto rest = words(line.substr(uri.size() + 2));
  const auto size = rest.size() == 3 ? parse_u64(rest[1]) : std::nullopt;
  const auto digest = rest.size() == 3 && rest[2].starts_with("SHA256:") ? Digest::from_hex(rest[2].substr(7)) : std::nullopt;
  if (!size || !digest) throw InputError(cat("cannot pin '", printable(uri), "': apt gave no SHA-256 for it"));
  return {std::string(uri), *size, *digest};
}

}  // namespace

std::optional<std::int64_t> parse_release_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto parts = words(trim(text));
  if (parts.size() != 6 || (parts[5] != "UTC" && parts[5] != "GMT" && parts[5] != "+0000")) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), parts[2]);
  if (month == months.end() || parts[1].empty() || parts[1].size() > 2) return std::nullopt;
  const std::string number = cat(month - months.begin() + 1);
  return parse_time(cat(parts[3], "-", number.size() == 1 ? "0" : "", number, "-", parts[1].size() == 1 ? "0" : "", parts[1], "T",
                        parts[4].size() == 7 ? "0" : "", parts[4], "Z"));
}

ReleaseFile parse_in_release(std::string_view text, std::string_view what) {
  ReleaseFile release;
  bool in_files = false;
  for (const std::string_view line : split(signed_part(text), '\n')) {
    if (line.starts_with(' ')) {
      if (in_files) add_file(release, line, what);
      continue;
    }
    in_files = trim(line) == "SHA256:";
    if (line.starts_with("Date:")) release.date = parse_release_date(line.substr(5)).value_or(0);
    if (line.starts_with("Acquire-By-Hash:")) release.by_hash = trim(line.substr(16)) == "yes";
  }
  if (release.date == 0) throw InputError(cat("cannot read '", what, "': expected a Date, found none"));
  if (release.files.empty()) throw InputError(cat("cannot read '", what, "': expected a SHA256 section, found none"));
  return release;
}

std::string ControlParagraph::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.first == name; });
  return found == fields.end() ? std::string() : found->second;
}

std::vector<ControlParagraph> parse_control(std::string_view text) {
  std::vector<ControlParagraph> out;
  ControlParagraph paragraph;
  const auto close = [&] {
    if (!paragraph.fields.empty()) out.push_back(std::move(paragraph));
    paragraph = {};
  };
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) {
      close();
    } else if (line.front() == ' ' || line.front() == '\t') {
      if (!paragraph.fields.empty()) paragraph.fields.back().second += cat("\n", line);
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      paragraph.fields.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
  }
  close();
  return out;
}

std::string render_control(const ControlParagraph& paragraph) {
  std::string out;
  for (const auto& [name, value] : paragraph.fields) out += cat(name, value.starts_with('\n') ? ":" : ": ", value, "\n");
  return out + "\n";
}

std::string SolvedPackage::selector() const {
  return architecture == "all" ? cat(name, "=", version) : cat(name, ":", architecture, "=", version);
}

std::vector<SolvedPackage> parse_solution(std::string_view output) {
  std::vector<SolvedPackage> out;
  for (const std::string_view line : split(output, '\n')) {
    if (!line.starts_with("Inst ")) continue;
    const std::string_view name = words(line)[1];
    const std::string_view inside = between(line, '(', ')');
    const auto parts = words(inside);
    const std::string_view architecture = between(inside, '[', ']');
    if (parts.empty() || architecture.empty()) throw InputError(cat("cannot read apt's plan: found '", printable(line), "'"));
    out.push_back({std::string(name.substr(0, name.find(':'))), std::string(parts[0]), std::string(architecture)});
  }
  return out;
}

std::vector<PrintedUri> parse_printed_uris(std::string_view output) {
  std::vector<PrintedUri> out;
  for (const std::string_view line : split(output, '\n')) {
    if (line.starts_with('\'')) out.push_back(parse_printed(line));
  }
  return out;
}

std::string apt_errors(std::string_view messages) {
  std::vector<std::string> errors;
  for (const std::string_view line : split(messages, '\n')) {
    const bool fetch =
        line.starts_with("W: Failed to fetch") || line.starts_with("W: GPG error") || line.starts_with("W: An error occurred");
    if (!line.starts_with("E: ") && !fetch) continue;
    std::string text = printable(trim(line.substr(3)));
    if (std::find(errors.begin(), errors.end(), text) == errors.end()) errors.push_back(std::move(text));
  }
  return join(errors, "; ");
}

}  // namespace rootcellar
