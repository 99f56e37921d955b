#include "installer/run/apt.h"

#include <array>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/tools.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_apt_time = 7200;  // seconds; a large closure on a slow disk
constexpr std::uint64_t k_lock_time = 600;  // seconds to wait for somebody else's dpkg

// Never weaker than apt's own defaults, whatever this machine's configuration says.
constexpr std::array k_strict = {
    "APT::Get::AllowUnauthenticated=false",
    "Acquire::AllowInsecureRepositories=false",
    "Acquire::AllowWeakRepositories=false",
    "Acquire::AllowDowngradeToInsecureRepositories=false",
};

void add_option(std::vector<std::string>& argv, std::string option) {
  argv.emplace_back("-o");
  argv.push_back(std::move(option));
}

ToolCall apt_get(const std::string& source_file, const std::string& lists) {
  ToolCall call{.argv = {std::string(tools::k_apt_get), "-q", "-y"},
                .environment = {"DEBIAN_FRONTEND=noninteractive", "APT_LISTCHANGES_FRONTEND=none"},
                .time_limit = k_apt_time};
  for (const char* option : k_strict) add_option(call.argv, option);
  add_option(call.argv, cat("Dir::Etc::sourcelist=", source_file));
  add_option(call.argv, "Dir::Etc::sourceparts=/dev/null");
  if (!lists.empty()) add_option(call.argv, cat("Dir::State::lists=", lists));
  add_option(call.argv, "Acquire::Languages=none");
  add_option(call.argv, "APT::Sandbox::User=root");  // the spool is readable by root alone on some machines
  add_option(call.argv, cat("DPkg::Lock::Timeout=", k_lock_time));
  add_option(call.argv, "Dpkg::Use-Pty=0");
  add_option(call.argv, "Dpkg::Options::=--force-confdef");
  add_option(call.argv, "Dpkg::Options::=--force-confold");
  return call;
}

ToolCall apt_get_for(const InstallPackages& step) {
  const AptPlaces places = apt_places(step.directory);
  ToolCall call = apt_get(places.source_file, places.lists);
  add_option(call.argv, cat("Dir::Cache::archives=", places.archives));
  // The machine's own caches describe its own sources; without any, every call would read all indexes again.
  add_option(call.argv, cat("Dir::Cache::pkgcache=", step.directory, "/pkgcache.bin"));
  add_option(call.argv, cat("Dir::Cache::srcpkgcache=", step.directory, "/srcpkgcache.bin"));
  return call;
}

// "Inst libfoo:i386 [1.0] (1.1 Debian [amd64])": the word after the verb.
std::string_view second_word(std::string_view line) {
  line.remove_prefix(std::min<std::size_t>(5, line.size()));
  return line.substr(0, std::min(line.find(' '), line.size()));
}

bool names_a_reason(std::string_view line) {
  return line.starts_with("E: ") || line.find(" : Depends: ") != line.npos || line.find(" : Conflicts: ") != line.npos ||
         line.find(" : Breaks: ") != line.npos || line.find(" : PreDepends: ") != line.npos;
}

}  // namespace

AptPlaces apt_places(const std::string& spool) {
  return {path_join(spool, "rootcellar.sources"), path_join(spool, "lists"), path_join(spool, "archives")};
}

std::string apt_source_text(const InstallPackages& step) {
  std::string text = "# The bundle as apt's source, for the time of the installation.\n";
  for (const AptSource& source : step.sources) {
    text += cat("\nTypes: deb\nURIs: file:", step.directory, "/apt/", source.name, "\nSuites: ", join(source.suites, " "));
    text += cat("\nComponents: ", join(source.components, " "), "\nArchitectures: ", step.architecture);
    text += cat("\nSigned-By: ", step.directory, "/", source.keyring);
    text += "\nTargets: Packages\nLanguages: none\nBy-Hash: no\nPDiffs: no\nCheck-Valid-Until: no\nCheck-Date: no\n";
  }
  return text;
}

ToolCall apt_update(const InstallPackages& step) {
  ToolCall call = apt_get_for(step);
  add_option(call.argv, "APT::Update::Error-Mode=any");
  call.argv.emplace_back("update");
  return call;
}

ToolCall apt_install(const InstallPackages& step, bool simulate) {
  ToolCall call = apt_get_for(step);
  if (simulate) call.argv.emplace_back("--simulate");
  if (!step.ours.empty()) call.argv.emplace_back("--allow-change-held-packages");  // what else is held is refused after the simulation
  for (const char* option : {"--no-install-recommends", "--no-remove", "--fix-broken", "install", "--"}) call.argv.emplace_back(option);
  call.argv.insert(call.argv.end(), step.packages.begin(), step.packages.end());
  return call;
}

ToolCall apt_purge(const std::vector<std::string>& names, bool purge, bool simulate) {
  ToolCall call = apt_get("/dev/null", "");
  if (simulate) call.argv.emplace_back("--simulate");
  add_option(call.argv, "Dir::Cache::pkgcache=");
  add_option(call.argv, "Dir::Cache::srcpkgcache=");
  call.argv.emplace_back("--allow-change-held-packages");
  add_option(call.argv, "APT::Get::AutomaticRemove=false");
  call.argv.emplace_back(purge ? "purge" : "remove");
  call.argv.emplace_back("--");
  call.argv.insert(call.argv.end(), names.begin(), names.end());
  return call;
}

ToolCall apt_mark(const char* word, const std::vector<std::string>& names) {
  ToolCall call{.argv = {std::string(tools::k_apt_mark), word, "--"}, .time_limit = k_lock_time};
  call.argv.insert(call.argv.end(), names.begin(), names.end());
  return call;
}

ToolCall dpkg_configure_all() {
  return {.argv = {std::string(tools::k_dpkg), "--force-confdef", "--force-confold", "--configure", "-a"},
          .environment = {"DEBIAN_FRONTEND=noninteractive"},
          .time_limit = k_apt_time};
}

ToolCall dpkg_is_older(const std::string& version, const std::string& than) {
  return {.argv = {std::string(tools::k_dpkg), "--compare-versions", version, "lt", than}, .time_limit = 60};
}

ToolCall dpkg_list() {
  return {.argv = {std::string(tools::k_dpkg_query), "--show", "--showformat",
                   "${binary:Package}\\t${db:Status-Status}\\t${Version}\\t${db:Status-Want}\\n"},
          .time_limit = 120};
}

AptForecast parse_forecast(std::string_view output) {
  AptForecast forecast;
  for (const std::string_view line : split(output, '\n')) {
    const std::string name(second_word(line));
    if (line.starts_with("Remv ") || line.starts_with("Purg ")) forecast.removed.push_back(name);
    if (!line.starts_with("Inst ")) continue;
    const bool installed = line.substr(5 + name.size()).starts_with(" [");
    (installed ? forecast.upgraded : forecast.fresh).push_back(name);
  }
  return forecast;
}

std::vector<DpkgEntry> parse_dpkg_list(std::string_view output) {
  std::vector<DpkgEntry> entries;
  for (const std::string_view line : split(output, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() < 2) continue;
    const auto field = [&](std::size_t number) { return std::string(number < fields.size() ? fields[number] : ""); };
    entries.push_back({field(0), field(1), field(2), field(3) == "hold"});
  }
  return entries;
}

bool is_unfinished(const DpkgEntry& entry) {
  return entry.state == "half-installed" || entry.state == "half-configured" || entry.state == "unpacked" ||
         entry.state == "triggers-awaited" || entry.state == "triggers-pending";
}

std::string apt_reason(const std::string& output, const std::string& error_output) {
  std::vector<std::string> reasons;
  for (const std::string* text : {&output, &error_output}) {
    for (const std::string_view line : split(*text, '\n')) {
      if (names_a_reason(line) && reasons.size() < 5) reasons.push_back(printable(trim(line), 300));
    }
  }
  return reasons.empty() ? "it gives no reason" : join(reasons, "; ");
}

}  // namespace rootcellar
