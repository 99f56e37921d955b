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

namespace {

void change_owner_below(HostSystem& host, const std::string& path, const FileStatus& former, unsigned uid, unsigned gid) {
  const auto found = host.status(path);
  if (!found) return;
  if (found->type == FileStatus::Type::directory) {
    for (const std::string& name : host.list(path)) change_owner_below(host, path_join(path, name), former, uid, gid);
  }
  const bool theirs = found->uid != former.uid && found->gid != former.gid;
  if (!theirs) host.change_owner(path, found->uid == former.uid ? uid : found->uid, found->gid == former.gid ? gid : found->gid);
}

}  // namespace

void HostSystem::change_owner_of_tree(const std::string& path, unsigned uid, unsigned gid) {
  const auto former = status(path);
  if (former && (former->uid != uid || former->gid != gid)) change_owner_below(*this, path, *former, uid, gid);
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
