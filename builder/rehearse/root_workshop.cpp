#include "builder/rehearse/root_workshop.h"

#include <optional>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_ending = ".part";

std::string lock_of(const std::string& root) { return cat(root, ".lock"); }

/// Nothing: its owner lives.
std::optional<FileLock> lock_of_the_dead(const std::string& root) {
  try {
    return FileLock(lock_of(root));
  } catch (const SystemError&) {
    return std::nullopt;
  }
}

void remove_if_dead(const std::string& root, Progress& progress) {
  const std::optional<FileLock> dead = lock_of_the_dead(root);
  if (!dead) return;
  try {
    remove_tree(cat(root, k_ending));
    progress.note(cat("taken away: the root '", path_name(root), "' that a killed rehearsal had left half made"));
  } catch (const Error& error) {
    progress.warn(cat("cannot take away what a killed rehearsal had left: ", error.message()));
  }
}

}  // namespace

RootWorkshop::RootWorkshop(const std::string& root) : lock_(lock_of(root)), folder_(cat(root, k_ending)) {}

RootWorkshop::~RootWorkshop() {
  if (!is_made_) return;
  try {
    remove_tree(folder_);
  } catch (const Error&) {
    // The next rehearsal takes it away.
  }
}

const std::string& RootWorkshop::folder() {
  if (is_made_) return folder_;
  remove_tree(folder_);
  make_directories(folder_);
  is_made_ = true;
  return folder_;
}

void remove_dead_workshops(const std::string& roots, Progress& progress) {
  for (const std::string& name : list_directory(roots)) {
    if (name.ends_with(k_ending)) remove_if_dead(path_join(roots, name.substr(0, name.size() - k_ending.size())), progress);
  }
}

}  // namespace rootcellar
