#include "builder/source/chart.h"

#include <algorithm>
#include <map>
#include <set>

#include "builder/source/archive.h"
#include "builder/source/file_sources.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_index_limit = std::size_t{64} << 20;
constexpr std::size_t k_chart_yaml_limit = std::size_t{1} << 20;
constexpr std::size_t k_versions_shown = 8;

std::string text_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node == nullptr ? std::string() : node->scalar;
}

Resolved<LockedBlob> resolve_folder(const ProfileChart& chart, const std::string& path, SourceContext& context) {
  const std::string packed = pack_chart_folder(path);
  MemorySource source(as_bytes(packed));
  const auto [digest, size] = context.cache.store(source);
  return {{digest, size, {}, {}, chart.content.resolved_path, {}}, 0};
}

Resolved<LockedBlob> resolve_local(const ProfileChart& chart, const std::string& what, SourceContext& context) {
  const std::string& relative = chart.content.resolved_path;
  const std::string path = relative.starts_with('/') ? relative : path_join(context.folder, relative);
  const auto status = file_status_followed(path);
  if (status && status->type == FileStatus::Type::directory) return resolve_folder(chart, path, context);
  return resolve_content(chart.content, what, context);
}

// ---- a chart repository: index.yaml (https://helm.sh/docs/topics/chart_repository/)

std::string versions_hint(const std::vector<std::string>& versions, const std::string& wanted) {
  if (const auto near = did_you_mean(wanted, versions)) return cat("did you mean '", *near, "'?");
  const std::size_t shown = std::min(versions.size(), k_versions_shown);
  const std::string rest = versions.size() > shown ? cat(" and ", versions.size() - shown, " more") : std::string();
  return cat("it has ", join(std::span(versions).first(shown), ", "), rest);
}

const YamlNode& find_chart(const YamlNode& index, const ProfileChart& chart, const std::string& url) {
  std::vector<std::string> names;
  const YamlNode* entries = index.find("entries");
  if (entries == nullptr) throw InputError(cat("'", shown_url(url), "' is not a chart repository's index: it has no 'entries'"));
  for (const auto& [name, versions] : entries->entries) names.push_back(printable(name.scalar, 100));
  const YamlNode* versions = entries->find(chart.name);
  if (versions != nullptr) return *versions;
  const auto near = did_you_mean(chart.name, names);
  throw InputError(cat("'", shown_url(url), "' has no chart '", chart.name, "'"),
                   near ? cat("did you mean '", *near, "'?") : std::string());
}

const YamlNode& find_version(const YamlNode& versions, const ProfileChart& chart, const std::string& url) {
  std::vector<std::string> known;
  for (const YamlNode& version : versions.items) {
    const std::string name = text_of(version, "version");
    if (name == chart.version || name == cat("v", chart.version)) return version;
    known.push_back(printable(name, 100));
  }
  throw InputError(cat("'", shown_url(url), "' has no version '", chart.version, "' of chart '", chart.name, "'"),
                   versions_hint(known, chart.version));
}

std::string archive_url(const YamlNode& version, const ProfileChart& chart, const std::string& base) {
  const YamlNode* urls = version.find("urls");
  const std::string url = urls == nullptr || urls->items.empty() ? std::string() : urls->items[0].scalar;
  if (url.empty()) throw InputError(cat("'", shown_url(base), "index.yaml' names no address of chart '", chart.name, "' ", chart.version));
  if (url.starts_with("https://") || url.starts_with("http://")) return url;
  if (!url.starts_with('/')) return cat(base, url);
  const auto parsed = parse_url(base);
  return cat(parsed ? parsed->origin() : base, url);
}

Resolved<LockedBlob> resolve_in_repository(const ProfileChart& chart, const std::string& what, SourceContext& context) {
  const std::string base = chart.repository.ends_with('/') ? chart.repository : cat(chart.repository, "/");
  const std::string url = cat(base, "index.yaml");
  const auto documents = parse_yaml_documents(context.http.get_text(url, k_index_limit), shown_url(url), k_index_limit);
  if (documents.empty()) throw InputError(cat("'", shown_url(url), "' is empty"));
  const YamlNode& version = find_version(find_chart(documents[0], chart, url), chart, url);
  ProfileFileContent content;
  content.url = archive_url(version, chart, base);
  std::string digest = text_of(version, "digest");
  if (digest.starts_with("sha256:")) digest.erase(0, 7);
  content.sha256 = Digest::from_hex(digest);
  if (!content.sha256)
    throw InputError(cat("'", shown_url(url), "' gives no SHA-256 of chart '", chart.name, "' ", chart.version),
                     "name the chart's archive by url and sha256 instead");
  return resolve_content(content, what, context);
}

// ---- dependencies

/// The chart's own folder, and what lies directly in its folder charts/.
struct ChartListing {
  std::string description;         ///< Chart.yaml
  std::string requirements;        ///< requirements.yaml, of charts of helm 2
  std::set<std::string> vendored;  ///< "redis-9.4.1.tgz" and folders
};

std::string read_text(Source& content, const std::string& what) {
  MemorySink text(what, k_chart_yaml_limit);
  copy(content, text);
  return std::string(as_text(text.bytes()));
}

ChartListing list_chart(const std::string& archive, const std::string& what) {
  ChartListing listing;
  walk_archive(archive, what, [&](const ArchiveItem& item, Source& content) {
    const std::size_t slash = item.name.find('/');
    if (slash == std::string::npos || slash + 1 >= item.name.size()) return true;
    const std::string inner = item.name.substr(slash + 1);
    if (inner == "Chart.yaml") listing.description = read_text(content, what);
    if (inner == "requirements.yaml") listing.requirements = read_text(content, what);
    if (inner.starts_with("charts/")) listing.vendored.insert(inner.substr(7, inner.find('/', 7) - 7));
    return true;
  });
  return listing;
}

/// NAME as a folder, NAME-VERSION.tgz as an archive.
bool is_vendored(const std::set<std::string>& vendored, const std::string& name) {
  return std::any_of(vendored.begin(), vendored.end(), [&](const std::string& file) {
    const bool is_archive = file.starts_with(cat(name, "-")) && file.ends_with(".tgz");
    return file == name || is_archive;
  });
}

std::vector<std::string> missing_in(const ChartListing& listing, const std::string& what) {
  std::vector<std::string> missing;
  for (const std::string* text : {&listing.description, &listing.requirements}) {
    const auto documents = parse_yaml_documents(*text, what, k_chart_yaml_limit);
    const YamlNode* dependencies = documents.empty() ? nullptr : documents[0].find("dependencies");
    if (dependencies == nullptr) continue;
    for (const YamlNode& dependency : dependencies->items) {
      const std::string name = text_of(dependency, "name");
      if (!is_vendored(listing.vendored, name)) missing.push_back(printable(cat(name, " ", text_of(dependency, "version")), 100));
    }
  }
  return missing;
}

}  // namespace

void require_vendored(const std::string& archive, const std::string& what) {
  const ChartListing listing = list_chart(archive, what);
  if (listing.description.empty()) throw InputError(cat(what, " is not a chart: it has no Chart.yaml"));
  const std::vector<std::string> missing = missing_in(listing, what);
  if (missing.empty()) return;
  throw InputError(cat(what, " lacks what it depends on: ", join(missing, ", ")),
                   "run 'helm dependency update' on the chart: helm asks for dependencies in charts/, switched off or not");
}

Resolved<LockedBlob> resolve_chart(const ProfileChart& chart, const std::string& what, SourceContext& context) {
  Resolved<LockedBlob> blob = !chart.oci.empty()           ? resolve_oci_chart(chart, what, context)
                              : !chart.repository.empty()  ? resolve_in_repository(chart, what, context)
                              : !chart.content.url.empty() ? resolve_content(chart.content, what, context)
                                                           : resolve_local(chart, what, context);
  require_vendored(context.cache.blob_path(blob.value.digest), what);
  return blob;
}

}  // namespace rootcellar
