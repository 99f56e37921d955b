#include "builder/source/apt_root.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "bundle/base/digest.h"
#include "bundle/base/error.h"
#include "bundle/base/progress.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_output_limit = std::size_t{1} << 30;  // an unpacked Packages file of all of Debian is 50 MB
constexpr std::size_t k_release_limit = std::size_t{8} << 20;
constexpr std::uint64_t k_time_limit = 1800;
constexpr const char* k_etc = "/etc/apt";
constexpr const char* k_keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

std::string required_program(std::string_view name) {
  if (auto path = find_program(name)) return *path;
  throw HostError(cat("cannot read the machine's apt sources: '", name, "' is not installed"),
                  "packages and recipes need a Debian machine to build on");
}

bool is_transport_setting(std::string_view line) {
  static constexpr std::array<std::string_view, 9> kept{"Acquire::http::",         "Acquire::https::",       "Acquire::Check-",
                                                        "Acquire::Max-FutureTime", "Acquire::Max-ValidTime", "Acquire::Min-ValidTime",
                                                        "Acquire::Retries",        "Acquire::ForceIPv",      "Acquire::socks::"};
  return std::any_of(kept.begin(), kept.end(), [&](std::string_view prefix) { return line.starts_with(prefix); });
}

/// Proxies, private CAs and date checks of the machine's configuration, in its own words; nothing that would loosen authentication.
std::string machine_settings(const std::vector<std::string>& environment) {
  const ProcessResult result = run_process({.argv = {required_program("apt-config"), "dump"}, .environment = environment});
  if (result.exit_code != 0) throw SystemError(cat("cannot read apt's configuration: ", apt_errors(result.error_output)));
  std::string out;
  for (const std::string_view line : split(result.output, '\n')) {
    if (is_transport_setting(line)) out += cat(line, "\n");
  }
  // The machine's passwords for its mirrors stay where they are: apt reads them there.
  return out + cat("Dir::Etc::netrc \"", k_etc, "/auth.conf\";\nDir::Etc::netrcparts \"", k_etc, "/auth.conf.d\";\n");
}

std::string root_settings(const std::string& root, const std::string& architecture) {
  return cat("Dir \"", root, "/\";\nDir::State \"state\";\nDir::State::status \"", root, "/state/status\";\nDir::Cache \"cache\";\n",
             "Dir::Etc \"etc\";\nDir::Log \"log\";\nAPT::Sandbox::User \"root\";\nAPT::Architecture \"", architecture, "\";\n",
             "APT::Architectures { \"", architecture, "\"; };\nAcquire::Languages \"none\";\nAcquire::PDiffs \"false\";\n",
             // The bytes of Packages.xz are kept as they came: the bundle carries them.
             "Acquire::GzipIndexes \"true\";\nAcquire::CompressionTypes::Order { \"xz\"; \"gz\"; };\n",
             "Acquire::IndexTargets::deb::Packages::KeepCompressed \"true\";\n",
             "Acquire::IndexTargets::deb::Packages::KeepCompressedAs \"xz gz\";\nAcquire::ForceHash \"SHA256\";\n",
             "APT::Install-Recommends \"false\";\nAPT::Install-Suggests \"false\";\n");
}

void copy_file(const std::string& from, const std::string& to) {
  FileSource source(from);
  AtomicFile file(to);
  copy(source, file);
  file.commit(false);
}

bool is_index(std::string_view name) { return name.find("_dists_") != std::string_view::npos && name != "lock"; }

void copy_indexes(const std::string& from, const std::string& to) {
  if (!file_status(from)) return;
  for (const std::string& name : list_directory(from)) {
    if (is_index(name)) copy_file(path_join(from, name), path_join(to, name));
  }
}

/// The extension apt kept an index with: "/x/..._Packages.xz" -> ".xz".
std::string extension_of(std::string_view path) {
  const std::string name = path_name(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || name.find('_', dot) != std::string::npos ? std::string() : name.substr(dot);
}

std::string file_digest_check(const std::string& path, const std::pair<Digest, std::uint64_t>& expected, std::string_view what) {
  FileSource source(path);
  Sha256 hash;
  copy(source, hash);
  const std::uint64_t size = hash.size();
  const Digest found = hash.finish();
  if (found == expected.first && size == expected.second) return found.hex();
  throw InputError(cat("cannot use '", what, "': expected SHA-256 ", expected.first.hex(), " by its InRelease, found ", found.hex()));
}

}  // namespace

std::vector<std::string> tool_environment() {
  std::vector<std::string> out;
  for (const char* name : {"PATH", "HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}) {
    if (const char* value = std::getenv(name)) out.push_back(cat(name, "=", value));
  }
  out.push_back("DEBIAN_FRONTEND=noninteractive");
  return out;
}

AptRoot::AptRoot(const TargetRelease& target, const std::vector<std::string>& suites, SourceContext& context)
    : context_(context),
      root_("apt", (make_directories(path_join(context.cache.root(), "apt")), path_join(context.cache.root(), "apt"))),
      environment_(tool_environment()) {
  required_program("apt-get");
  const std::vector<std::string> wanted = suites.empty() ? release_suites(target.codename) : suites;
  archives_ = select_archives(read_apt_sources(k_etc), wanted, k_keyring);
  if (archives_.empty()) {
    throw InputError(cat("cannot find packages for '", target.distribution, " ", target.version, "': expected ", join(wanted, ", "),
                         " in this machine's apt sources, found none signed by a Debian archive keyring"),
                     cat("build on ", target.distribution, " ", target.version, ", or add its archive to ", k_etc, "/sources.list.d"));
  }
  for (const AptArchive& archive : archives_) {
    if (!file_status_followed(archive.keyring)) {
      throw InputError(cat("cannot open '", archive.keyring, "': the archive '", archive.uri, "' is checked with it"),
                       "apt-get install debian-archive-keyring");
    }
    fetch_uris_.push_back(context.http.mirrors().map_url(archive.uri));
  }
  write_configuration();
}

std::string AptRoot::sources_file() const { return path_join(root_.path(), "etc/sources.list.d/archives.sources"); }
std::string AptRoot::settings_file() const { return path_join(root_.path(), "machine.conf"); }

void AptRoot::write_configuration() {
  const std::string root = root_.path();
  for (const char* folder : {"state/lists/partial", "state/plain/partial", "cache/archives/partial", "log", "etc/sources.list.d",
                             "etc/apt.conf.d", "etc/preferences.d", "etc/trusted.gpg.d"}) {
    make_directories(path_join(root, folder));
  }
  const std::string settings = machine_settings(environment_);
  write_file_atomically(path_join(root, "state/status"), "");
  write_file_atomically(sources_file(), render_sources(archives_, fetch_uris_));
  write_file_atomically(settings_file(), settings);
  write_file_atomically(path_join(root, "apt.conf"), root_settings(root, context_.architecture) + settings);
  environment_.push_back(cat("APT_CONFIG=", root, "/apt.conf"));
}

std::string AptRoot::run(const std::string& program, const std::vector<std::string>& arguments, std::string_view what, bool plain) {
  ProcessSpec spec{.argv = {program}, .environment = environment_, .time_limit_seconds = k_time_limit, .output_limit = k_output_limit};
  // Solving reads records at random: far quicker in unpacked indexes.
  if (plain) spec.argv.insert(spec.argv.end(), {"-o", "Dir::State::lists=plain"});
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  ProcessResult result = run_process(spec);
  if (result.exit_code == 0) return std::move(result.output);
  const std::string errors = apt_errors(cat(result.output, "\n", result.error_output));
  const std::string reason =
      result.timed_out ? cat("no end within ", human_duration(k_time_limit)) : cat("apt ended with ", result.exit_code);
  throw InputError(cat("cannot ", what, ": ", errors.empty() ? reason : errors));
}

void AptRoot::seed_lists() { copy_indexes(path_join(context_.cache.root(), "apt/lists"), path_join(root_.path(), "state/lists")); }

void AptRoot::keep_lists() {
  const std::string kept = path_join(context_.cache.root(), "apt/lists");
  make_directories(kept);
  copy_indexes(path_join(root_.path(), "state/lists"), kept);
}

void AptRoot::update() {
  const ProgressTask task(context_.progress, "reading the distribution's package lists", 0, false);
  seed_lists();
  run(required_program("apt-get"), {"update", "-q", "--error-on=any"}, "read the package lists", false);
  read_targets();
  keep_lists();
  for (const AptIndexFile& file : indexes_) unpack(file);
}

void AptRoot::read_targets() {
  const std::string output =
      run(required_program("apt-get"),
          {"indextargets", "--format", "$(FILENAME)|$(REPO_URI)|$(RELEASE)|$(METAKEY)|$(COMPONENT)", "Created-By: Packages"},
          "list the package lists", false);
  for (const std::string_view line : split(output, '\n')) {
    if (!line.empty()) add_target(line);
  }
  if (indexes_.empty()) throw InputError("cannot read the package lists: apt found none in the archives");
}

/// A line of read_targets(): the index, and with the first index of a suite its InRelease.
void AptRoot::add_target(std::string_view line) {
  const auto parts = split(line, '|');
  if (parts.size() != 5) throw InputError(cat("cannot list the package lists: found '", printable(line), "'"));
  const std::string local(parts[0]);
  const std::string suite(parts[2]);
  const std::size_t archive = upstream(parts[1]).first;
  const std::string dists = cat("dists/", suite, "/");
  const std::string extension = extension_of(local);
  // apt's name of an index is its URL with '_' for '/'; InRelease differs in the part below the suite.
  const std::string release_path = cat(local.substr(0, local.size() - parts[3].size() - extension.size()), "InRelease");
  const std::string& uri = archives_[archive].uri;
  const ReleaseFile release = parse_in_release(read_file(release_path, k_release_limit), cat(uri, "/", dists, "InRelease"));
  newest_ = std::max(newest_, release.date);
  suite_dates_.emplace(suite, release.date);
  const bool known = std::any_of(indexes_.begin(), indexes_.end(), [&](const AptIndexFile& one) { return one.local == release_path; });
  if (!known) indexes_.push_back({archive, suite, dists + "InRelease", cat(uri, "/", dists, "InRelease"), release_path});

  const std::string name = cat(parts[3], extension);
  const auto listed = release.files.find(name);
  if (listed == release.files.end()) throw InputError(cat("cannot use '", uri, "/", dists, name, "': its InRelease does not list it"));
  const std::string hex = file_digest_check(local, listed->second, cat(uri, "/", dists, name));
  const std::string served = release.by_hash ? cat(path_parent(name), "/by-hash/SHA256/", hex) : name;
  indexes_.push_back({archive, suite, dists + name, cat(uri, "/", dists, served), local});
}

void AptRoot::unpack(const AptIndexFile& file) {
  const std::string extension = extension_of(file.local);
  const std::string name = path_name(file.local);
  const std::string plain = cat(root_.path(), "/state/plain/", name.substr(0, name.size() - extension.size()));
  if (extension.empty()) return copy_file(file.local, plain);
  const std::string text = run("/usr/lib/apt/apt-helper", {"cat-file", file.local}, cat("unpack '", file.url, "'"), false);
  AtomicFile out(plain);
  out.write(as_bytes(text));
  out.commit(false);
}

std::vector<std::string> AptRoot::plan_arguments(const char* mode, const std::vector<std::string>& names, bool recommends) const {
  std::vector<std::string> out{
      "install", mode, "-y", "-q", "--no-remove", "-o", cat("APT::Install-Recommends=", recommends ? "true" : "false"), "--"};
  out.insert(out.end(), names.begin(), names.end());
  return out;
}

std::vector<SolvedPackage> AptRoot::solve(const std::vector<std::string>& names, bool recommends) {
  const std::string what = cat("resolve the packages '", join(names, " "), "'");
  return parse_solution(run(required_program("apt-get"), plan_arguments("-s", names, recommends), what));
}

std::vector<PrintedUri> AptRoot::printed_uris(const std::vector<std::string>& names, bool recommends) {
  const std::string what = cat("resolve the packages '", join(names, " "), "'");
  return parse_printed_uris(run(required_program("apt-get"), plan_arguments("--print-uris", names, recommends), what));
}

std::vector<ControlParagraph> AptRoot::records(const std::vector<SolvedPackage>& packages) {
  if (packages.empty()) return {};
  std::vector<std::string> arguments{"show", "--"};
  for (const SolvedPackage& package : packages) arguments.push_back(package.selector());
  return parse_control(run(required_program("apt-cache"), arguments, "read package records"));
}

std::int64_t AptRoot::suite_date(const std::string& suite) const {
  const auto found = suite_dates_.find(suite);
  return found == suite_dates_.end() ? newest_ : found->second;
}

void AptRoot::empty_base() { write_file_atomically(path_join(root_.path(), "state/status"), ""); }

std::vector<SolvedPackage> AptRoot::install_base(const std::vector<std::string>& patterns) {
  static const std::set<std::string, std::less<>> archive_only{"Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512", "Description-md5"};
  std::string status;
  std::set<std::string> done;
  empty_base();
  std::vector<SolvedPackage> base = solve(patterns, false);
  for (ControlParagraph& record : records(base)) {
    if (!done.insert(cat(record.field("Package"), ":", record.field("Architecture"))).second) continue;
    std::erase_if(record.fields, [&](const auto& field) { return archive_only.contains(field.first); });
    record.fields.insert(record.fields.begin() + 1, {"Status", "install ok installed"});
    status += render_control(record);
  }
  write_file_atomically(path_join(root_.path(), "state/status"), status);
  return base;
}

std::pair<std::size_t, std::string> AptRoot::upstream(std::string_view uri) const {
  std::size_t best = archives_.size();
  for (std::size_t i = 0; i < archives_.size(); ++i) {
    const bool match = uri.starts_with(fetch_uris_[i] + "/") || uri == fetch_uris_[i];
    if (match && (best == archives_.size() || fetch_uris_[i].size() > fetch_uris_[best].size())) best = i;
  }
  if (best == archives_.size()) throw InputError(cat("cannot use '", printable(uri), "': it is in none of the archives"));
  return {best, cat(archives_[best].uri, uri.substr(fetch_uris_[best].size()))};
}

}  // namespace rootcellar
