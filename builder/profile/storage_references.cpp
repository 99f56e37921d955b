// What exports and data say about each other and about packages.
#include <algorithm>

#include "builder/profile/reader.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

bool is_below(const std::string& path, const std::string& folder) { return path == folder || path.starts_with(cat(folder, "/")); }

bool touch(const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && (is_below(a, b) || is_below(b, a)); }

const std::vector<YamlNode>& items_of(const YamlNode* list) {
  static const std::vector<YamlNode> k_none;
  return list == nullptr ? k_none : list->items;
}

void check_exports(const YamlNode& nodes, const Profile& profile, YamlFaults& faults) {
  const std::vector<NfsExport>& exports = profile.nfs.exports;
  const std::vector<YamlNode>& items = items_of(nodes.find("exports"));
  for (std::size_t i = 0; i < std::min(exports.size(), items.size()); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (!touch(exports[i].path, exports[k].path)) continue;
      faults.add(items[i], cat("export '", exports[i].name, "': '", exports[i].path, "' and '", exports[k].path, "' of export '", exports[k].name,
                               "' lie in one another"),
                 "give the upper one away: clients mount folders below it, too");
    }
  }
  for (std::size_t i = 0; i < std::min(exports.size(), items.size()); ++i) {
    if (!profile.nfs.server.starts_with("image:") || exports[i].path.find(',') == std::string::npos) continue;
    faults.add(items[i], cat("export '", exports[i].name, "': a folder whose path has a ',' cannot be given to a container"));
  }
  constexpr std::string_view k_lead = "package:";
  const std::string package = profile.nfs.server.starts_with(k_lead) ? profile.nfs.server.substr(k_lead.size()) : std::string();
  const auto names_it = [&](const std::string& one) { return one.substr(0, one.find('=')) == package; };
  const auto& wanted = profile.packages.install;
  const YamlNode* server = nodes.find("server");
  if (server != nullptr && !package.empty() && std::none_of(wanted.begin(), wanted.end(), names_it))
    faults.add(*server, cat("package '", package, "' is not among packages.install"));
}

/// What is unpacked is replaced as a whole by later bundles: two in one folder would be in each other's way.
void check_data(const YamlNode& nodes, const Profile& profile, YamlFaults& faults) {
  const std::vector<ProfileData>& data = profile.data;
  for (std::size_t i = 0; i < std::min(data.size(), nodes.items.size()); ++i) {
    const DataArtifact& one = data[i].described;
    for (std::size_t k = 0; k < i; ++k) {
      const DataArtifact& other = data[k].described;
      if (!touch(one.destination, other.destination)) continue;
      faults.add(nodes.items[i], cat("data '", one.name, "': '", one.destination, "' and '", other.destination, "' of data '", other.name,
                                     "' lie in one another"));
    }
    for (const ProfileFile& file : profile.files) {
      if (!one.destination.empty() && is_below(file.destination, one.destination))
        faults.add(nodes.items[i], cat("data '", one.name, "': file '", file.name, "' is put into '", one.destination, "', too"));
    }
  }
}

}  // namespace

void check_storage(const YamlNode& root, const Profile& profile, YamlFaults& faults) {
  if (const YamlNode* nfs = root.find("nfs")) check_exports(*nfs, profile, faults);
  if (const YamlNode* data = root.find("data")) check_data(*data, profile, faults);
}

}  // namespace rootcellar
