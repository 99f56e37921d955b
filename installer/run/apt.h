// The target's own apt and dpkg with the bundle as the only source: argument lists, the source file's text, and what their output says.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "installer/run/step.h"

namespace rootcellar {

/// Where one InstallPackages step keeps what apt needs, all below its spool.
struct AptPlaces {
  std::string source_file;
  std::string lists;
  std::string archives;
};
AptPlaces apt_places(const std::string& spool);

/// sources.list(5) in deb822 form: file: URIs into the spool, Signed-By the bundle's keyring, date checks off (security indexes expire
/// after a week and clocks are wrong; freshness was judged when locking), signatures on.
std::string apt_source_text(const InstallPackages& step);

ToolCall apt_update(const InstallPackages& step);
/// `simulate`: apt-get -s, which changes nothing.
ToolCall apt_install(const InstallPackages& step, bool simulate);
/// Purges without any source; never removes what only came along.
ToolCall apt_purge(const std::vector<std::string>& names, bool purge, bool simulate);
ToolCall apt_mark(const char* word, const std::vector<std::string>& names);
ToolCall dpkg_configure_all();
ToolCall dpkg_list();
/// Exit status 0: `version` is older.
ToolCall dpkg_is_older(const std::string& version, const std::string& than);

/// What a simulation says it would do.
struct AptForecast {
  std::vector<std::string> fresh;     ///< "Inst NAME (..": not installed now
  std::vector<std::string> upgraded;  ///< "Inst NAME [old] (..."
  std::vector<std::string> removed;   ///< "Remv" and "Purg"
};
AptForecast parse_forecast(std::string_view output);

/// One line of dpkg_list().
struct DpkgEntry {
  std::string name;   ///< as dpkg prints it: with ":arch" where needed
  std::string state;  ///< "installed", "config-files", "half-configured", ...
  std::string version;
  bool held = false;
};
std::vector<DpkgEntry> parse_dpkg_list(std::string_view output);
/// True for states a stopped dpkg leaves.
bool is_unfinished(const DpkgEntry& entry);
/// The reasons in apt's error output: its "E:" lines and the "... : Depends: ..." lines before them, at most five, on one line.
std::string apt_reason(const std::string& output, const std::string& error_output);

}  // namespace rootcellar
