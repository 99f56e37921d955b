#include "builder/source/archive_tree.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "builder/source/archive.h"
#include "builder/source/file_sources.h"
#include "builder/source/sources.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"
#include "bundle/tree_tar.h"

namespace rootcellar {
namespace {

using Kind = ArchiveItem::Kind;

constexpr std::uint64_t k_disk_block = 4096;
constexpr std::uint32_t k_made_folder_mode = 0755;

class TreeWriter {
 public:
  TreeWriter(const LockedArchive::Tree& tree, const std::string& what, Sink& into) : tree_(tree), what_(what), into_(into) {}

  void add(const ArchiveItem& item, Source& content) {
    if (item.is_alone) fail("it is one compressed file and no archive");
    const std::string path = stripped(item.name, item.kind == Kind::directory);
    if (path.empty() || (item.kind == Kind::directory && folders_.contains(path))) return;
    add_parents(path);
    put(entry_of(item, path), content);
  }

  std::uint64_t finish() {
    write(tree_end());
    if (folders_.empty() && disk_ == 0) fail("there is nothing in it");
    return disk_;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const { throw InputError(cat(what_, ": ", reason)); }

  /// Normal, without the components that `strip` takes; empty: the folder that all of it is in.
  std::string stripped(const std::string& name, bool is_folder) const {
    const std::string shown = cat("'", printable(name, 200), "'");
    std::vector<std::string_view> parts = split(name, '/');
    std::erase_if(parts, [](std::string_view part) { return part.empty() || part == "."; });
    const bool leads_out = std::find(parts.begin(), parts.end(), "..") != parts.end();
    if (name.starts_with('/') || leads_out) fail(cat(shown, " leads out of the folder"));
    if (parts.size() > tree_.strip)
      return join(std::vector<std::string>(parts.begin() + static_cast<std::ptrdiff_t>(tree_.strip), parts.end()), "/");
    if (!is_folder) fail(cat(shown, " has no name left when 'strip' takes ", tree_.strip));
    return {};
  }

  /// Archives need not say folders; the reader on site wants them before what is in them.
  void add_parents(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      if (folders_.contains(folder)) continue;
      MemorySource nothing({});
      put({TreeEntry::Kind::directory, folder, tree_.directory_mode.value_or(k_made_folder_mode), 0, {}}, nothing);
    }
  }

  TreeEntry entry_of(const ArchiveItem& item, const std::string& path) const {
    const std::uint32_t file_mode = tree_.file_mode.value_or(item.mode);
    switch (item.kind) {
      case Kind::file: break;
      case Kind::directory: return {TreeEntry::Kind::directory, path, tree_.directory_mode.value_or(item.mode), 0, {}};
      case Kind::symlink: return {TreeEntry::Kind::symlink, path, 0777, 0, item.target};
      case Kind::hardlink: return {TreeEntry::Kind::hardlink, path, file_mode, 0, stripped(item.target, false)};
      case Kind::other: fail(cat("'", printable(path, 200), "' is neither a file nor a folder nor a link"));
    }
    if (!item.has_size) fail(cat("it does not say the size of '", printable(path, 200), "' before its content"));
    return {TreeEntry::Kind::file, path, file_mode, item.size, {}};
  }

  void put(const TreeEntry& entry, Source& content) {
    if (const std::string fault = rules_.fault(entry); !fault.empty()) fail(fault);
    if (++entries_ > k_tree_entries) fail(cat("it has more than ", k_tree_entries, " files and folders"));
    if (entry.kind == TreeEntry::Kind::directory) folders_.insert(entry.path);
    write(tree_header(entry));
    if (entry.kind == TreeEntry::Kind::file && copy(content, into_) != entry.size)
      fail(cat("'", printable(entry.path, 200), "' has another size than the archive says"));
    write(tree_padding(entry.size));
    disk_ += (std::max<std::uint64_t>(size_on_disk(entry), 1) + k_disk_block - 1) / k_disk_block * k_disk_block;
  }

  /// A link to a file becomes a copy of it.
  std::uint64_t size_on_disk(const TreeEntry& entry) {
    if (entry.kind == TreeEntry::Kind::file) sizes_[entry.path] = entry.size;
    return entry.kind == TreeEntry::Kind::hardlink ? sizes_[entry.target] : entry.size;
  }

  void write(const std::string& text) { into_.write(as_bytes(text)); }

  const LockedArchive::Tree& tree_;
  const std::string& what_;
  Sink& into_;
  TreeRules rules_;
  std::set<std::string> folders_;
  std::map<std::string, std::uint64_t> sizes_;
  std::uint64_t entries_ = 0, disk_ = 0;
};

/// Counts and hashes.
class Measure final : public Sink {
 public:
  void write(ByteView bytes) override {
    hash.write(bytes);
    size += bytes.size();
  }
  Sha256 hash;
  std::uint64_t size = 0;
};

}  // namespace

std::uint64_t write_archive_tree(const std::string& path, const LockedArchive::Tree& tree, const std::string& what, Sink& into) {
  TreeWriter writer(tree, what, into);
  walk_archive(
      path, what,
      [&](const ArchiveItem& item, Source& content) {
        writer.add(item, content);
        return true;
      },
      limits::k_blob_size);
  return writer.finish();
}

// The archive is read twice, so that no second copy of large data lies anywhere before its digest is known.
Resolved<LockedData> resolve_data(const ProfileData& data, SourceContext& context) {
  const std::string what = cat("data '", data.described.name, "'");
  ProfileFileContent content = data.content;
  content.member.clear();
  Resolved<LockedBlob> blob = resolve_content(content, what, context);
  const LockedArchive::Tree tree{data.strip, data.file_mode, data.directory_mode};
  const std::string path = context.cache.blob_path(blob.value.digest);
  Measure measure;
  LockedData locked{data.described, std::move(blob.value)};
  locked.placed.unpacked = write_archive_tree(path, tree, what, measure);
  locked.placed.path = cat("data/", data.described.name, ".tar");
  locked.blob.archive = LockedArchive{locked.blob.digest, locked.blob.size, {}, tree};
  locked.blob.digest = measure.hash.finish();
  locked.blob.size = measure.size;
  return {std::move(locked), blob.newest};
}

}  // namespace rootcellar
