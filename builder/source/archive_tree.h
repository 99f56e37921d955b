// An archive as somebody made it, written anew as the plain tar in which data travels: the same files, the same bytes, whatever wrapped them.
#pragma once

#include <cstdint>
#include <string>

#include "builder/lock/lock.h"
#include "bundle/base/io.h"

namespace rootcellar {

/// Returns the bytes that the tree takes on a disk of 4 KiB blocks. What leads out of the folder, is there twice, or is neither file, folder
/// nor link is an InputError that names `what`.
std::uint64_t write_archive_tree(const std::string& path, const LockedArchive::Tree& tree, const std::string& what, Sink& into);

}  // namespace rootcellar
