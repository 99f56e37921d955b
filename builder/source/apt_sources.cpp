#include "builder/source/apt_sources.h"

#include <algorithm>
#include <map>
#include <optional>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_sources_limit = std::size_t{1} << 20;  // a sources file is written by hand

using Fields = std::map<std::string, std::string>;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t\n\r", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t\n\r", at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void add_missing(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& word : more) {
    if (!contains(list, word)) list.push_back(word);
  }
}

/// Signed-By is a path, a fingerprint, or a whole key; only a path can be a keyring of the distribution.
void set_signed_by(AptStanza& stanza, std::string_view value) {
  const std::string_view text = trim(value);
  if (text.empty()) return;
  if (text.front() == '/' && words(text).size() == 1) {
    stanza.signed_by = std::string(text);
  } else {
    stanza.foreign_key = true;
  }
}

bool is_off(const std::string& value) {
  const std::string word = lower_ascii(trim(value));
  return word == "no" || word == "false" || word == "without" || word == "off" || word == "disable";
}

std::optional<AptStanza> stanza_of(const Fields& fields) {
  const auto field = [&](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  };
  if (!contains(words(field("types")), "deb") || is_off(field("enabled"))) return std::nullopt;
  AptStanza stanza{.uris = words(field("uris")), .suites = words(field("suites")), .components = words(field("components"))};
  set_signed_by(stanza, field("signed-by"));
  return stanza;
}

[[noreturn]] void bad_line(std::string_view what, int line, std::string_view source, std::string message) {
  throw InputError({Fault{{std::string(what), line, 1, std::string(source)}, std::move(message), {}}});
}

/// "[ arch=amd64 signed-by=/x ]" at the front of `rest`; returns what follows.
std::string_view take_options(std::string_view rest, AptStanza& stanza, bool& closed) {
  closed = true;
  if (rest.empty() || rest.front() != '[') return rest;
  const std::size_t end = rest.find(']');
  closed = end != std::string_view::npos;
  if (!closed) return rest;
  for (const std::string& option : words(rest.substr(1, end - 1))) {
    if (option.starts_with("signed-by=")) set_signed_by(stanza, std::string_view(option).substr(10));
  }
  return trim(rest.substr(end + 1));
}

AptStanza parse_line(std::string_view line, std::string_view what, int number) {
  AptStanza stanza;
  bool closed = true;
  const std::vector<std::string> parts = words(take_options(trim(line.substr(4)), stanza, closed));
  if (!closed) bad_line(what, number, line, "expected ']' after the options, found the end of the line");
  if (parts.size() < 2) bad_line(what, number, line, "expected 'deb URI SUITE COMPONENT...', found no suite");
  stanza.uris = {parts[0]};
  stanza.suites = {parts[1]};
  stanza.components.assign(parts.begin() + 2, parts.end());
  return stanza;
}

void append(std::vector<AptStanza>& all, std::vector<AptStanza> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string without_slash(std::string uri) {
  while (uri.ends_with('/')) uri.pop_back();
  return uri;
}

std::string keyring_of(const AptStanza& stanza, const std::string& default_keyring) {
  if (stanza.foreign_key) return {};
  const std::string keyring = stanza.signed_by.empty() ? default_keyring : stanza.signed_by;
  return path_name(keyring).starts_with("debian-archive-") ? keyring : std::string();
}

std::string unique_name(const std::vector<AptArchive>& archives, const std::string& uri) {
  std::string base;
  for (const char c : path_name(uri)) base += (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.') ? c : '-';
  const auto taken = [&](const std::string& name) {
    return name == "keyrings" || std::any_of(archives.begin(), archives.end(), [&](const AptArchive& one) { return one.name == name; });
  };
  std::string name = base;
  for (int number = 2; taken(name); ++number) name = cat(base, "-", number);
  return name;
}

void merge(std::vector<AptArchive>& archives, const std::string& uri, const std::string& keyring, const std::vector<std::string>& suites,
           const std::vector<std::string>& components) {
  auto found =
      std::find_if(archives.begin(), archives.end(), [&](const AptArchive& one) { return one.uri == uri && one.keyring == keyring; });
  if (found == archives.end()) {
    archives.push_back({.name = unique_name(archives, uri), .uri = uri, .keyring = keyring});
    found = archives.end() - 1;
  }
  add_missing(found->suites, suites);
  add_missing(found->components, components);
}

}  // namespace

std::vector<AptStanza> parse_deb822_sources(std::string_view text, std::string_view what) {
  std::vector<AptStanza> out;
  Fields fields;
  std::string last;
  int number = 0;
  const auto close = [&] {
    if (auto stanza = stanza_of(fields)) out.push_back(std::move(*stanza));
    fields.clear();
    last.clear();
  };
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (line.starts_with('#')) continue;
    if (trim(line).empty()) {
      close();
    } else if (line.front() == ' ' || line.front() == '\t') {
      if (last.empty()) bad_line(what, number, line, "expected 'Field: value', found a continued line");
      fields[last] += cat("\n", line);
    } else {
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) bad_line(what, number, line, "expected 'Field: value', found no ':'");
      last = lower_ascii(line.substr(0, colon));
      fields[last] = std::string(line.substr(colon + 1));
    }
  }
  close();
  return out;
}

std::vector<AptStanza> parse_one_line_sources(std::string_view text, std::string_view what) {
  std::vector<AptStanza> out;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line.substr(0, line.find('#')));
    if (line.starts_with("deb ") || line.starts_with("deb\t")) out.push_back(parse_line(line, what, number));
  }
  return out;
}

std::vector<AptStanza> read_apt_sources(const std::string& etc) {
  std::vector<AptStanza> all;
  const auto read = [&](const std::string& path) {
    const auto text = read_file_if_exists(path, k_sources_limit);
    if (!text) return;
    append(all, path.ends_with(".sources") ? parse_deb822_sources(*text, path) : parse_one_line_sources(*text, path));
  };
  read(path_join(etc, "sources.list"));
  const std::string parts = path_join(etc, "sources.list.d");
  if (!file_status_followed(parts)) return all;
  for (const std::string& name : list_directory(parts)) {
    if (name.ends_with(".list") || name.ends_with(".sources")) read(path_join(parts, name));
  }
  return all;
}

std::vector<std::string> release_suites(const std::string& codename) {
  return {codename, cat(codename, "-updates"), cat(codename, "-security")};
}

std::vector<AptArchive> select_archives(const std::vector<AptStanza>& stanzas, const std::vector<std::string>& suites,
                                        const std::string& default_keyring) {
  std::vector<AptArchive> archives;
  for (const AptStanza& stanza : stanzas) {
    std::vector<std::string> kept;
    std::copy_if(stanza.suites.begin(), stanza.suites.end(), std::back_inserter(kept),
                 [&](const std::string& suite) { return contains(suites, suite); });
    const std::string keyring = keyring_of(stanza, default_keyring);
    if (kept.empty() || keyring.empty() || stanza.components.empty()) continue;
    for (const std::string& uri : stanza.uris) merge(archives, without_slash(uri), keyring, kept, stanza.components);
  }
  return archives;
}

std::string render_sources(const std::vector<AptArchive>& archives, const std::vector<std::string>& uris) {
  std::string out;
  for (std::size_t i = 0; i < archives.size(); ++i) {
    const AptArchive& archive = archives[i];
    out += cat("Types: deb\nURIs: ", uris[i], "\nSuites: ", join(archive.suites, " "), "\nComponents: ", join(archive.components, " "),
               "\nSigned-By: ", archive.keyring, "\n\n");
  }
  return out;
}

}  // namespace rootcellar
