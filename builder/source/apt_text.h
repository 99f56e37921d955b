// What apt and its archives write, as data: Release files, control paragraphs, the solver's plan. All pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/base/digest.h"

namespace rootcellar {

/// What we need of an InRelease file (Debian wiki, DebianRepository/Format). Its signature is apt's business.
struct ReleaseFile {
  std::int64_t date = 0;
  bool by_hash = false;
  std::map<std::string, std::pair<Digest, std::uint64_t>> files;  ///< "main/binary-amd64/Packages.xz" -> SHA-256, size
};
/// Faults are an InputError naming `what`.
ReleaseFile parse_in_release(std::string_view text, std::string_view what);

/// Fields of one paragraph in their order, continuation lines included (deb-control(5)).
struct ControlParagraph {
  std::vector<std::pair<std::string, std::string>> fields;
  std::string field(std::string_view name) const;  ///< empty when absent
};
std::vector<ControlParagraph> parse_control(std::string_view text);
std::string render_control(const ControlParagraph& paragraph);

/// A package the solver would install: a line "Inst name [old] (version origin [arch])" of `apt-get -s`.
struct SolvedPackage {
  std::string name, version, architecture;
  std::string selector() const;  ///< "name:arch=version", as apt takes it; "name=version" for architecture all
};
std::vector<SolvedPackage> parse_solution(std::string_view output);

/// A line "'URI' file size SHA256:hex" of `apt-get --print-uris`.
struct PrintedUri {
  std::string uri;
  std::uint64_t size = 0;
  Digest digest;
};
/// A line with another hash is an InputError: nothing is pinned by less than SHA-256.
std::vector<PrintedUri> parse_printed_uris(std::string_view output);

/// The "E:" lines (and "W:" lines about what could not be fetched) of apt's messages as one line; empty when there are none.
std::string apt_errors(std::string_view messages);
/// RFC 1123 dates as Release files have them: "Sat, 06 Sep 2025 09:57:31 UTC".
std::optional<std::int64_t> parse_release_date(std::string_view text);

}  // namespace rootcellar
