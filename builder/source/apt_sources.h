// The machine's own apt sources, read as apt reads them, and the part of them that belongs to a Debian release.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/appliance.h"

namespace rootcellar {

/// One archive as a sources file names it (sources.list(5)).
struct AptStanza {
  std::vector<std::string> uris;
  std::vector<std::string> suites;
  std::vector<std::string> components;
  std::string signed_by;     ///< path of a keyring; empty: apt's default keyrings
  bool foreign_key = false;  ///< Signed-By holds something that is not a path: a key in the text, or fingerprints
};

/// The enabled `deb` stanzas of a deb822 ".sources" file. `what` names it in errors.
std::vector<AptStanza> parse_deb822_sources(std::string_view text, std::string_view what);
/// The `deb` lines of a one-line ".list" file.
std::vector<AptStanza> parse_one_line_sources(std::string_view text, std::string_view what);
/// ETC/sources.list and ETC/sources.list.d/*.{list,sources}, in apt's order.
std::vector<AptStanza> read_apt_sources(const std::string& etc);

/// An archive root the packages of a release come from.
struct AptArchive {
  std::string name;  ///< last part of the URI's path, unique
  std::string uri;   ///< upstream, without a slash at the end
  std::vector<std::string> suites;
  std::vector<std::string> components;
  std::string keyring;  ///< path on this machine
};

/// CODENAME, CODENAME-updates, CODENAME-security.
std::vector<std::string> release_suites(const std::string& codename);
/// Those stanzas that have one of `suites` and are checked with a Debian archive keyring (a file called debian-archive-*; stanzas without
/// Signed-By are checked with `default_keyring`), one archive for each URI and keyring. Pure.
std::vector<AptArchive> select_archives(const std::vector<AptStanza>& stanzas, const std::vector<std::string>& suites,
                                        const std::string& default_keyring);
/// The archives as the text of a ".sources" file; `uris` says where each is fetched from, in the same order.
std::string render_sources(const std::vector<AptArchive>& archives, const std::vector<std::string>& uris);

}  // namespace rootcellar
