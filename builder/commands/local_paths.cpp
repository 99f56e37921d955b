#include "builder/commands/local_paths.h"

#include <filesystem>

#include "builder/profile/documents.h"
#include "bundle/base/file.h"

namespace rootcellar {

std::string absolute_path(const std::string& path) { return normal_path(std::filesystem::absolute(path).string()); }

void move_local_paths(Lock& lock, const std::string& from, const std::string& to) {
  const std::string old_folder = absolute_path(from), new_folder = absolute_path(to);
  const auto moved = [&](const std::string& path) { return path.empty() ? path : relative_to(path_join(old_folder, path), new_folder); };
  for (LockedFile& file : lock.files) file.blob.path = moved(file.blob.path);
  for (LockedImage& image : lock.images) {
    if (!image.recipe) continue;
    for (auto& [destination, content] : image.recipe->files) content.path = content.resolved_path = moved(content.resolved_path);
  }
}

}  // namespace rootcellar
