#include "installer/host/host_system.h"

#include "bundle/base/text.h"

namespace rootcellar {

void HostSystem::write_file(const std::string& path, std::string_view content, unsigned mode, const Owner& owner) {
  auto file = create_file(path, mode, owner);
  file->write(as_bytes(content));
  file->commit(true);
}

void HostSystem::make_directories(const std::string& path, unsigned mode, const Owner& owner) {
  if (path.empty() || path == "/" || exists(path)) return;
  make_directories(path_parent(path), mode, owner);
  make_directory(path, mode, owner);
}

void HostSystem::remove_tree(const std::string& path) {
  const auto found = status(path);
  if (!found) return;
  if (found->type == FileStatus::Type::directory) {
    for (const std::string& name : list(path)) remove_tree(path_join(path, name));
  }
  remove(path);
}

}  // namespace rootcellar
