// Local files in a lock: named relative to the lock's own folder, so that both can move together.
#pragma once

#include <string>

#include "builder/lock/lock.h"

namespace rootcellar {

/// `path` made absolute with the current folder, without "." and "..".
std::string absolute_path(const std::string& path);

/// Rewrites the paths of local files, relative to folder `from`, to be relative to folder `to`. A file that lies outside `to` would put the
/// builder's folders into the lock: up to 64 KiB, its content is carried in the lock instead.
void move_local_paths(Lock& lock, const std::string& from, const std::string& to);

}  // namespace rootcellar
