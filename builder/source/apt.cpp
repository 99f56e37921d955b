// sources: system. apt solves, apt authenticates; what it answers becomes the pin.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "builder/source/apt_resolve.h"
#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// What a target is assumed to have already: everything beyond it is in the closure. apt-patterns(7).
struct NamedBase {
  const char* name;
  const char* codename;
  std::vector<std::string> patterns;
};

const std::vector<NamedBase>& named_bases() {
  static const std::vector<NamedBase> bases{
      {"debian-12-minimal", "bookworm", {"?essential", "?priority(required)", "apt"}},
      {"debian-12-systemd", "bookworm", {"?essential", "?priority(required)", "apt", "systemd", "systemd-sysv", "dbus", "udev"}},
  };
  return bases;
}

const NamedBase& require_base(const std::string& name, const TargetRelease& target) {
  std::vector<std::string> known;
  for (const NamedBase& base : named_bases()) {
    known.push_back(base.name);
    if (base.name != name) continue;
    if (base.codename == target.codename) return base;
    throw InputError(cat("cannot use the package base '", name, "': expected one of ", target.codename, ", found one of ", base.codename));
  }
  const auto near = did_you_mean(name, known);
  throw InputError(cat("unknown package base '", name, "': expected one of ", join(known, ", ")),
                   near ? cat("did you mean '", *near, "'?") : std::string());
}

/// apt takes an unknown name for a regular expression; what was asked for must be what is installed.
void check_found(const std::vector<std::string>& install, const std::vector<SolvedPackage>& closure,
                 const std::vector<SolvedPackage>& base) {
  for (const std::string& request : install) {
    const std::string name = request.substr(0, request.find('='));
    const auto is_it = [&](const SolvedPackage& package) { return package.name == name; };
    if (std::any_of(closure.begin(), closure.end(), is_it) || std::any_of(base.begin(), base.end(), is_it)) continue;
    throw InputError(cat("cannot resolve the package '", name, "': the archives have no package of this very name"),
                     "name a real package, not a virtual one or a pattern");
  }
}

LockedBlob store_file(const std::string& path, std::string url, Cache& cache) {
  FileSource source(path);
  const auto [digest, size] = cache.store(source);
  return {.digest = digest, .size = size, .url = std::move(url)};
}

/// Keyrings once each, by content; archives learn where theirs lies in the bundle.
void add_keyrings(const AptRoot& apt, LockedPackages& out, Cache& cache) {
  for (std::size_t i = 0; i < apt.archives().size(); ++i) {
    const std::string& keyring = apt.archives()[i].keyring;
    LockedAptFile file{cat("keyrings/", path_name(keyring)), store_file(keyring, {}, cache)};
    const auto same_path = [&](const LockedAptFile& one) { return one.path == file.path; };
    const auto known = std::find_if(out.files.begin(), out.files.end(), same_path);
    if (known == out.files.end()) {
      out.files.push_back(file);
    } else if (known->blob.digest != file.blob.digest) {
      throw InputError(cat("cannot carry two different keyrings called '", path_name(keyring), "'"), "let all archives use one of them");
    }
    out.sources[i].keyring = cat("apt/", file.path);
  }
}

void add_indexes(const AptRoot& apt, LockedPackages& out, Cache& cache) {
  for (const AptArchive& archive : apt.archives()) {
    out.sources.push_back({.name = archive.name, .uri = archive.uri, .suites = archive.suites, .components = archive.components});
  }
  for (const AptIndexFile& index : apt.indexes()) {
    out.files.push_back({cat(apt.archives()[index.archive].name, "/", index.path), store_file(index.local, index.url, cache)});
  }
  add_keyrings(apt, out, cache);
  std::sort(out.files.begin(), out.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

LockedPackage locked_package(const AptRoot& apt, const PrintedUri& printed, const ControlParagraph& record) {
  const auto [archive, url] = apt.upstream(printed.uri);
  const auto kib = parse_u64(record.field("Installed-Size"));
  return {.package = {.name = record.field("Package"),
                      .version = record.field("Version"),
                      .architecture = record.field("Architecture"),
                      .path = cat("apt/", apt.archives()[archive].name, "/", record.field("Filename")),
                      .size = printed.size,
                      .installed_size = kib.value_or(0) * 1024},
          .blob = {.digest = printed.digest, .size = printed.size, .url = url}};
}

/// What every machine gets, and what each group adds to it. Solved for nobody, for each group and for all at once: what apt then chooses on
/// a machine of one group, of none or of all is there.
class GroupedClosure {
 public:
  GroupedClosure(AptRoot& apt, const ProfilePackages& packages, const std::vector<SolvedPackage>& base)
      : apt_(apt), packages_(packages), base_(base) {}

  void solve() {
    if (!packages_.install.empty()) add(packages_.install, {});
    std::vector<std::string> all = packages_.install, names;
    for (const PackageGroup& group : packages_.groups) {
      std::vector<std::string> wanted = packages_.install;
      wanted.insert(wanted.end(), group.install.begin(), group.install.end());
      all.insert(all.end(), group.install.begin(), group.install.end());
      names.push_back(group.name);
      add(wanted, {group.name});
    }
    if (names.size() > 1) add(all, names);
  }

  const std::vector<SolvedPackage>& packages() const { return solved_; }
  const std::vector<PrintedUri>& uris() const { return uris_; }
  /// Empty: every machine's.
  const std::vector<std::string>& groups_of(const PrintedUri& uri) const { return groups_.at(uri.digest); }

 private:
  void add(const std::vector<std::string>& wanted, const std::vector<std::string>& groups) {
    const std::vector<SolvedPackage> solved = apt_.solve(wanted, packages_.recommends);
    check_found(wanted, solved, base_);
    solved_.insert(solved_.end(), solved.begin(), solved.end());
    for (PrintedUri& uri : apt_.printed_uris(wanted, packages_.recommends)) {
      const auto [found, fresh] = groups_.try_emplace(uri.digest, groups);
      // Of several groups at once: those that need it by themselves are known already.
      if (!fresh && !found->second.empty() && groups.size() == 1) found->second.push_back(groups.front());
      if (fresh) uris_.push_back(std::move(uri));
    }
  }

  AptRoot& apt_;
  const ProfilePackages& packages_;
  const std::vector<SolvedPackage>& base_;
  std::vector<SolvedPackage> solved_;
  std::vector<PrintedUri> uris_;
  std::unordered_map<Digest, std::vector<std::string>, DigestHash> groups_;
};

/// The closure: apt's URIs with the archive's records of the same bytes.
void add_closure(AptRoot& apt, const GroupedClosure& closure, LockedPackages& out) {
  std::map<std::string, ControlParagraph> by_digest;
  for (ControlParagraph& record : apt.records(closure.packages())) {
    std::string digest = record.field("SHA256");
    by_digest.emplace(std::move(digest), std::move(record));
  }
  for (const PrintedUri& printed : closure.uris()) {
    const auto record = by_digest.find(printed.digest.hex());
    if (record == by_digest.end()) throw InputError(cat("cannot pin '", printed.uri, "': no package record has its SHA-256"));
    out.packages.push_back(locked_package(apt, printed, record->second));
    out.packages.back().package.groups = closure.groups_of(printed);
  }
  std::sort(out.packages.begin(), out.packages.end(), [](const auto& a, const auto& b) { return a.package.path < b.package.path; });
}

}  // namespace

void check_package_request(const std::string& request) {
  const std::string_view name = std::string_view(request).substr(0, request.find('='));
  const std::string_view rest = std::string_view(request).substr(name.size());
  const auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool name_good = name.size() >= 2 && lower(name.front()) && name.back() != '-' &&
                         std::all_of(name.begin(), name.end(), [&](char c) { return lower(c) || c == '+' || c == '-' || c == '.'; });
  const bool version_good =
      rest.empty() || (rest.size() > 1 && std::all_of(rest.begin() + 1, rest.end(), [&](char c) {
                         return lower(c) || (c >= 'A' && c <= 'Z') || std::string_view(".+-~:*?").find(c) != std::string_view::npos;
                       }));
  if (!name_good || !version_good) throw InputError(cat("bad package '", printable(request), "': expected NAME or NAME=VERSION"));
}

Resolved<LockedPackages> resolve_packages_in(AptRoot& apt, const ProfilePackages& packages, const TargetRelease& target,
                                             SourceContext& context) {
  const NamedBase& base = require_base(packages.base, target);
  for (const std::string& request : packages.install) check_package_request(request);
  for (const PackageGroup& group : packages.groups) {
    for (const std::string& request : group.install) check_package_request(request);
  }
  Resolved<LockedPackages> out{.newest = apt.newest()};
  add_indexes(apt, out.value, context.cache);
  const std::vector<SolvedPackage> installed = apt.install_base(base.patterns);
  GroupedClosure closure(apt, packages, installed);
  closure.solve();
  add_closure(apt, closure, out.value);
  return out;
}

Resolved<LockedPackages> resolve_packages(const ProfilePackages& packages, const TargetRelease& target, SourceContext& context) {
  if (packages.sources != "system") throw InputError(cat("unknown package sources '", packages.sources, "': expected 'system'"));
  require_base(packages.base, target);
  AptRoot apt(target, packages.suites, context);
  apt.update();
  return resolve_packages_in(apt, packages, target, context);
}

}  // namespace rootcellar
