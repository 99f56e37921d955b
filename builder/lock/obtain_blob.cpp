// One pinned blob into the cache, from wherever it comes; what has vanished is named, with the cure.
#include <algorithm>

#include "builder/source/archive.h"
#include "builder/source/archive_tree.h"
#include "builder/source/chart.h"
#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr const char* k_keyrings = "/usr/share/keyrings";
constexpr const char* k_lock_again = "lock the profile again: the archive or registry no longer has what this lock pins";

[[noreturn]] void vanished(const PlannedBlob& blob, std::string_view from) {
  throw InputError(cat("cannot obtain '", blob.what, "': ", from, " no longer gives ", blob.blob.digest.named()), k_lock_again);
}

/// Fills the cache from a file of this machine, if it is there.
bool store_local(const PlannedBlob& blob, const std::string& path, Cache& cache) {
  const auto status = file_status_followed(path);
  if (!status) return false;
  const auto filling = cache.fill(blob.blob.digest, blob.blob.size, blob.what);
  if (!filling) return true;
  filling->restart();
  if (status->type == FileStatus::Type::directory) {
    filling->write(as_bytes(pack_chart_folder(path)));
  } else {
    FileSource source(path);
    copy(source, *filling);
  }
  filling->commit();
  return true;
}

void obtain_local(const PlannedBlob& blob, SourceContext& context) {
  const std::string path = blob.blob.path.starts_with('/') ? blob.blob.path : path_join(context.folder, blob.blob.path);
  if (store_local(blob, path, context.cache)) return;
  throw InputError(cat("cannot obtain '", blob.what, "': '", path, "' is not there"), "put the file back, or lock the profile again");
}

/// Made again from its recipe, which gives the pinned bytes only while the archive has the pinned packages.
void obtain_made(const PlannedBlob& blob, const Lock& lock, SourceContext& context) {
  const LockedImage& image = *blob.image;
  ImageName name{.repository = image.repository, .tag = image.tags.empty() ? std::string() : image.tags.front()};
  const LockedImage made = make_recipe_image(name, *image.recipe, lock.target, context).value;
  if (made.digest != image.digest) vanished(blob, "the recipe with today's packages");
}

/// A keyring has no URL: it comes with the machine, under the name it has in the bundle.
bool obtain_keyring(const PlannedBlob& blob, const Lock& lock, SourceContext& context) {
  const auto is_it = [&](const LockedAptFile& file) { return file.blob.digest == blob.blob.digest; };
  const auto file = std::find_if(lock.apt_files.begin(), lock.apt_files.end(), is_it);
  if (file == lock.apt_files.end()) return false;
  return store_local(blob, path_join(k_keyrings, path_name(file->path)), context.cache);
}

void obtain(const PlannedBlob& blob, const Lock& lock, SourceContext& context);

/// The archive first, by its own pin; then the member out of it.
void obtain_member(const PlannedBlob& blob, const Lock& lock, SourceContext& context) {
  const LockedArchive& archive = *blob.blob.archive;
  PlannedBlob whole = blob;
  whole.blob.digest = archive.digest;
  whole.blob.size = archive.size;
  whole.blob.archive.reset();
  whole.what = cat("archive of ", blob.what);
  if (!context.cache.find(archive.digest, archive.size)) obtain(whole, lock, context);
  const auto filling = context.cache.fill(blob.blob.digest, blob.blob.size, blob.what);
  if (!filling) return;
  filling->restart();
  const std::string path = context.cache.blob_path(archive.digest);
  if (archive.tree) {
    write_archive_tree(path, *archive.tree, whole.what, *filling);
  } else {
    read_archive_member(path, archive.member, whole.what, *filling);
  }
  filling->commit();
}

void obtain(const PlannedBlob& blob, const Lock& lock, SourceContext& context) {
  if (blob.blob.archive) return obtain_member(blob, lock, context);
  if (blob.blob.url.starts_with("oci://")) return fetch_oci_chart(blob.blob, context);
  if (!blob.blob.url.empty()) return fetch_url_blob(blob.blob, blob.what, context);
  if (!blob.blob.path.empty()) return obtain_local(blob, context);
  if (blob.image != nullptr && blob.image->recipe) return obtain_made(blob, lock, context);
  if (blob.image != nullptr) return fetch_registry_blob(*blob.image, blob.blob, context);
  if (!obtain_keyring(blob, lock, context)) vanished(blob, "this machine");
}

/// Whatever the source said, the cure is the same.
void obtain_with_cure(const PlannedBlob& blob, const Lock& lock, SourceContext& context) {
  try {
    obtain(blob, lock, context);
  } catch (const InputError& error) {
    if (!error.hint().empty() || !error.faults().empty()) throw;
    throw InputError(error.message(), k_lock_again);
  }
}

}  // namespace

std::string obtain_blob(const PlannedBlob& blob, const Lock& lock, SourceContext& context) {
  const auto path = [&] { return context.cache.find(blob.blob.digest, blob.blob.size); };
  if (const auto known = path()) return *known;
  with_note(cat("fetching ", blob.what), [&] { obtain_with_cure(blob, lock, context); });
  if (const auto known = path()) return *known;
  vanished(blob, "its source");
}

}  // namespace rootcellar
