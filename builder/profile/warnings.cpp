#include "builder/profile/warnings.h"

#include "builder/profile/catalogue.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

std::string at(const TextPlace& place) { return cat(place.file, ":", place.line, ":", place.column, ": "); }
std::string at(const YamlNode& node) { return cat(*node.file, ":", node.line, ":", node.column, ": "); }

void warn_image(const ProfileImage& image, std::vector<std::string>& warnings) {
  const auto name = parse_image_name(image.name);
  if (!name) return;
  const bool has_version = name->digest || image.name.ends_with(":" + name->tag);
  if (!has_version)
    warnings.push_back(cat(at(image.place), "image '", image.name, "' has no tag: what it means changes over time; name a version"));
  if (has_version && name->tag == "latest" && !image.recipe)
    warnings.push_back(cat(at(image.place), "image '", image.name, "': what 'latest' means changes over time; name a version"));
  const CatalogueEntry* entry = image.recipe ? nullptr : built_in_catalogue().find(*name);
  if (entry != nullptr && entry->status != "available") warnings.push_back(at(image.place) + catalogue_warning(*entry, image.name));
}

void warn_unpinned(const TextPlace& place, const ProfileFileContent& content, std::string_view what, std::vector<std::string>& warnings) {
  if (content.pin_when_locked) warnings.push_back(cat(at(place), what, ": its sha256 is whatever its server sends when it is locked"));
}

void warn_file(const ProfileFile& file, std::vector<std::string>& warnings) {
  if (file.content.url.starts_with("http://"))
    warnings.push_back(cat(at(file.place), "file '", file.name, "' comes over plain http: its sha256 still guards the content"));
  warn_unpinned(file.place, file.content, cat("file '", file.name, "'"), warnings);
}

void warn_data(const ProfileData& data, std::vector<std::string>& warnings) {
  const std::string what = cat("data '", data.described.name, "'");
  if (data.content.url.starts_with("http://"))
    warnings.push_back(cat(at(data.place), what, " comes over plain http: its sha256 still guards the content"));
  warn_unpinned(data.place, data.content, what, warnings);
}

/// What the cluster is made of, besides images.
void warn_cluster(const ProfileCluster& cluster, std::vector<std::string>& warnings) {
  for (const auto* list : {&cluster.network, &cluster.deploy}) {
    for (const ProfileDeployment& deployment : *list) {
      const std::string what = cat("deployment '", deployment.described.name, "'");
      for (const ProfileFileContent& file : deployment.files) warn_unpinned(deployment.place, file, what, warnings);
      if (deployment.chart) warn_unpinned(deployment.place, deployment.chart->content, what, warnings);
    }
  }
}

/// A registry that others on the site can reach is a decision; docker on other machines must be told.
void warn_registry(const Profile& profile, const YamlNode& root, std::vector<std::string>& warnings) {
  const YamlNode* section = root.find("registry");
  const YamlNode* listen = section == nullptr ? nullptr : section->find("listen");
  const std::string& address = profile.registry.listen;
  if (profile.registry.auth != "none") return;
  if (listen == nullptr || address.starts_with("127.") || address.starts_with("[::1]")) return;
  warnings.push_back(cat(at(*listen), "the registry listens on ", address, " without ", profile.registry.tls ? "" : "TLS or ", "password: everybody on that network can push"));
}

}  // namespace

std::vector<std::string> profile_warnings(const Profile& profile, const YamlNode& root, const Variables& variables) {
  std::vector<std::string> warnings;
  for (const auto& [name, node] : variables.unused()) warnings.push_back(cat(at(*node), "variable '", name, "' is used nowhere"));
  for (const ProfileImage& image : profile.images) warn_image(image, warnings);
  for (const ProfileFile& file : profile.files) warn_file(file, warnings);
  for (const ProfileData& data : profile.data) warn_data(data, warnings);
  warn_cluster(profile.cluster, warnings);
  warn_registry(profile, root, warnings);
  return warnings;
}

}  // namespace rootcellar
