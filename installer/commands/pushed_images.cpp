#include "installer/commands/pushed_images.h"

#include <algorithm>
#include <set>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr int k_depth = 32;  // distribution allows 255 bytes of repository name; nobody nests deeper
constexpr std::string_view k_hub = "docker.io/";

std::set<std::string> bundled_tags(const Index& index) {
  std::set<std::string> names;
  for (const ImageEntry& image : index.images) {
    for (const std::string& tag : image.tags) {
      names.insert(cat(image.repository, ":", tag));
      // docker.io's repositories are served at the root too.
      if (image.repository.starts_with(k_hub)) names.insert(cat(image.repository.substr(k_hub.size()), ":", tag));
    }
  }
  return names;
}

void collect(HostSystem& host, const std::string& folder, const std::string& repository, int depth, std::vector<std::string>& names) {
  if (depth == 0) return;
  for (const std::string& tag : host.list(path_join(folder, "_manifests/tags"))) names.push_back(cat(repository, ":", tag));
  for (const std::string& name : host.list(folder)) {
    const std::string inner = path_join(folder, name);
    const std::optional<FileStatus> status = host.status(inner);
    if (name.starts_with('_') || !status || status->type != FileStatus::Type::directory) continue;
    collect(host, inner, repository.empty() ? name : cat(repository, "/", name), depth - 1, names);
  }
}

}  // namespace

std::vector<std::string> pushed_images(HostSystem& host, const std::string& root, const Index& index) {
  std::vector<std::string> names;
  collect(host, path_join(root, "docker/registry/v2/repositories"), "", k_depth, names);
  const std::set<std::string> ours = bundled_tags(index);
  std::erase_if(names, [&](const std::string& name) { return ours.contains(name); });
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rootcellar
