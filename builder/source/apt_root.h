// apt in a root of its own: the machine's package archives without the machine's state, and without changing it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "builder/source/apt_sources.h"
#include "builder/source/apt_text.h"
#include "builder/source/sources.h"
#include "bundle/base/file.h"
#include "bundle/base/process.h"

namespace rootcellar {

/// An index file of an archive as it was served, checked against its InRelease.
struct AptIndexFile {
  std::size_t archive = 0;  ///< number in archives()
  std::string suite;
  std::string path;   ///< below the archive's root: "dists/bookworm/InRelease"
  std::string url;    ///< upstream; by hash where the archive offers it
  std::string local;  ///< the bytes, until the AptRoot dies
};

class AptRoot {
 public:
  /// Chooses the archives of `target` among the machine's sources. InputError when there are none, HostError when apt is missing.
  AptRoot(const TargetRelease& target, const std::vector<std::string>& suites, SourceContext& context);

  const std::vector<AptArchive>& archives() const { return archives_; }
  /// Brings the indexes, authenticated by apt, and checks that they are the bytes as served. Only what changed is transferred.
  void update();
  /// REQUIRES: update(), as for everything below.
  const std::vector<AptIndexFile>& indexes() const { return indexes_; }
  std::int64_t newest() const { return newest_; }  ///< newest Date of the InReleases
  /// Date of the InRelease of `suite`; newest() when no archive has it.
  std::int64_t suite_date(const std::string& suite) const;

  /// Makes the packages of `patterns` (apt-patterns(7)) and what they need the installed ones; returns them.
  std::vector<SolvedPackage> install_base(const std::vector<std::string>& patterns);
  /// Nothing is installed.
  void empty_base();
  std::vector<SolvedPackage> solve(const std::vector<std::string>& names, bool recommends);
  std::vector<PrintedUri> printed_uris(const std::vector<std::string>& names, bool recommends);
  /// The archives' records of these packages (one version may have several).
  std::vector<ControlParagraph> records(const std::vector<SolvedPackage>& packages);
  /// Upstream URL of something fetched from `uri`, and which archive it is of.
  std::pair<std::size_t, std::string> upstream(std::string_view uri) const;

  std::string sources_file() const;   ///< deb822, with the places things are fetched from
  std::string settings_file() const;  ///< the machine's own transport settings, apt.conf(5)
  const std::vector<std::string>& environment() const { return environment_; }

 private:
  std::string run(const std::string& program, const std::vector<std::string>& arguments, std::string_view what, bool plain = true);
  std::vector<std::string> plan_arguments(const char* mode, const std::vector<std::string>& names, bool recommends) const;
  void write_configuration();
  void seed_lists();
  void keep_lists();
  void read_targets();
  void add_target(std::string_view line);
  void unpack(const AptIndexFile& file);

  SourceContext& context_;
  TemporaryDirectory root_;
  std::vector<AptArchive> archives_;
  std::vector<std::string> fetch_uris_;  ///< of archives_, after mirrors
  std::vector<std::string> environment_;
  std::vector<AptIndexFile> indexes_;
  std::int64_t newest_ = 0;
  std::map<std::string, std::int64_t> suite_dates_;
};

/// The programs that apt and mmdebstrap need in their environment: PATH, HOME and proxies, as this process has them.
std::vector<std::string> tool_environment();

}  // namespace rootcellar
