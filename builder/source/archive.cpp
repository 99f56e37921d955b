#include "builder/source/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_block = std::size_t{64} << 10;
constexpr std::size_t k_max_items = 1'000'000;
constexpr std::size_t k_items_shown = 8;

struct ArchiveCloser {
  void operator()(archive* it) const { archive_read_free(it); }
};
using Reading = std::unique_ptr<archive, ArchiveCloser>;

std::string_view plain_name(std::string_view name) { return name.starts_with("./") ? name.substr(2) : name; }

[[noreturn]] void refuse(archive* it, const std::string& what) {
  const char* reason = archive_error_string(it);
  throw InputError(cat("cannot read ", what, " as an archive: ", reason == nullptr ? "unknown reason" : printable(reason, 200)));
}

/// libarchive answers in lengths and codes of different width; negative is always failure.
template <typename Answer>
Answer checked(Answer answer, archive* it, const std::string& what) {
  if (answer < ARCHIVE_WARN) refuse(it, what);
  return answer;
}

Reading new_reading() {
  Reading reading(archive_read_new());
  if (!reading) throw std::bad_alloc();
  archive_read_support_filter_gzip(reading.get());
  archive_read_support_filter_xz(reading.get());
  archive_read_support_filter_zstd(reading.get());
  archive_read_support_filter_bzip2(reading.get());
  archive_read_support_format_tar(reading.get());
  archive_read_support_format_zip(reading.get());
  archive_read_support_format_raw(reading.get());
  return reading;
}

Reading open_archive(const std::string& path, const std::string& what) {
  Reading reading = new_reading();
  archive_read_support_format_ar(reading.get());
  checked(archive_read_open_filename(reading.get(), path.c_str(), k_block), reading.get(), what);
  return reading;
}

/// What libarchive reads a member of another archive by: its address is libarchive's while it reads.
struct Inside {
  archive* outer;
  std::vector<std::uint8_t> block = std::vector<std::uint8_t>(k_block);

  static la_ssize_t read(archive*, void* self, const void** bytes) {
    auto& inside = *static_cast<Inside*>(self);
    *bytes = inside.block.data();
    return archive_read_data(inside.outer, inside.block.data(), inside.block.size());
  }
};

class ContentSource final : public Source {
 public:
  ContentSource(archive* it, const std::string& what, std::uint64_t largest) : archive_(it), what_(what), largest_(largest) {}

  std::size_t read(std::span<std::uint8_t> into) override {
    poll_interrupt();
    const la_ssize_t length = checked(archive_read_data(archive_, into.data(), into.size()), archive_, what_);
    read_ += static_cast<std::uint64_t>(length);
    if (read_ > largest_) throw InputError(cat("a file of ", what_, " is larger than ", human_size(largest_)));
    return static_cast<std::size_t>(length);
  }

 private:
  archive* archive_;
  const std::string& what_;
  std::uint64_t largest_;
  std::uint64_t read_ = 0;
};

/// In the "C" locale libarchive has no plain name where one is not ASCII.
std::string text_or(const char* plain, const char* utf8) { return plain != nullptr ? plain : utf8 != nullptr ? utf8 : ""; }

ArchiveItem::Kind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_hardlink_utf8(entry) != nullptr) return ArchiveItem::Kind::hardlink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return ArchiveItem::Kind::file;
    case AE_IFDIR: return ArchiveItem::Kind::directory;
    case AE_IFLNK: return ArchiveItem::Kind::symlink;
    default: return ArchiveItem::Kind::other;
  }
}

/// Everything is "raw" that is nothing else; only what was compressed is meant to be taken out of something.
ArchiveItem item_of(archive* it, archive_entry* entry, const std::string& what) {
  if (archive_format(it) == ARCHIVE_FORMAT_RAW) {
    if (archive_filter_count(it) < 2)
      throw InputError(cat("cannot read ", what, " as an archive: it is neither an archive nor compressed"));
    return {{}, true, true, 0, ArchiveItem::Kind::file, false, 0644, {}};
  }
  const std::string name = text_or(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
  const bool has_size = archive_entry_size_is_set(entry) != 0;
  const ArchiveItem::Kind kind = kind_of(entry);
  ArchiveItem item{std::string(plain_name(name)), kind == ArchiveItem::Kind::file, false,
                   has_size ? static_cast<std::uint64_t>(archive_entry_size(entry)) : 0};
  item.kind = kind;
  item.has_size = has_size;
  item.mode = archive_entry_perm(entry) & 0777;
  if (kind == ArchiveItem::Kind::hardlink) item.target = text_or(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
  if (kind == ArchiveItem::Kind::symlink) item.target = text_or(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
  return item;
}

[[noreturn]] void refuse_missing(const std::string& member, const std::string& what, const std::vector<std::string>& names) {
  const auto near = did_you_mean(member, names);
  const std::size_t shown = std::min(names.size(), k_items_shown);
  const std::string list = join(std::span(names).first(shown), ", ");
  const std::string rest = names.size() > shown ? cat(" and ", names.size() - shown, " more") : std::string();
  throw InputError(cat(what, " has no file '", member, "'"), near ? cat("did you mean '", *near, "'?") : cat("it has ", list, rest));
}

}  // namespace

namespace {

using EachItem = std::function<bool(const ArchiveItem&, Source&)>;

void walk_items(const Reading& reading, const std::string& what, const EachItem& each, std::uint64_t largest) {
  archive_entry* entry = nullptr;
  for (std::size_t items = 0;; ++items) {
    if (checked(archive_read_next_header(reading.get(), &entry), reading.get(), what) == ARCHIVE_EOF) return;
    if (items == k_max_items) throw InputError(cat(what, " has more than ", k_max_items, " items"));
    const ArchiveItem item = item_of(reading.get(), entry, what);
    ContentSource content(reading.get(), what, largest);
    if (!each(item, content)) return;
  }
}

/// deb(5): an ar archive whose member data.tar, in some compression, has the files.
void walk_debian_package(const Reading& outer, archive_entry* entry, const std::string& what, const EachItem& each, std::uint64_t largest) {
  do {
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr || !std::string_view(name).starts_with("data.tar")) continue;
    const Reading reading = new_reading();
    Inside inside{outer.get()};
    checked(archive_read_open(reading.get(), &inside, nullptr, Inside::read, nullptr), reading.get(), what);
    return walk_items(reading, what, each, largest);
  } while (checked(archive_read_next_header(outer.get(), &entry), outer.get(), what) != ARCHIVE_EOF);
  throw InputError(cat("cannot read ", what, " as an archive: it has no data.tar, as a Debian package would"));
}

bool is_ar(const Reading& reading) { return (archive_format(reading.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR; }

}  // namespace

void walk_archive(const std::string& path, const std::string& what, const EachItem& each, std::uint64_t largest) {
  {
    const Reading reading = open_archive(path, what);
    archive_entry* entry = nullptr;
    const int first = archive_read_next_header(reading.get(), &entry);
    if (first >= ARCHIVE_WARN && first != ARCHIVE_EOF && is_ar(reading)) return walk_debian_package(reading, entry, what, each, largest);
  }
  walk_items(open_archive(path, what), what, each, largest);
}

namespace {

void with_member(const std::string& path, const std::string& member, const std::string& what, const std::function<void(Source&)>& use) {
  bool is_found = false;
  std::vector<std::string> names;
  walk_archive(path, what, [&](const ArchiveItem& item, Source& content) {
    if (!item.name.empty()) names.push_back(printable(item.name, 200));
    if (!item.is_alone && item.name != plain_name(member)) return true;
    if (!item.is_file) throw InputError(cat("'", member, "' of ", what, " is not a plain file"));
    is_found = true;
    use(content);
    return false;
  });
  if (!is_found) refuse_missing(member, what, names);
}

}  // namespace

void read_archive_member(const std::string& path, const std::string& member, const std::string& what, Sink& into) {
  with_member(path, member, what, [&](Source& content) { copy(content, into); });
}

std::pair<Digest, std::uint64_t> store_archive_member(const std::string& path, const std::string& member, const std::string& what,
                                                      Cache& cache) {
  std::pair<Digest, std::uint64_t> stored;
  with_member(path, member, what, [&](Source& content) { stored = cache.store(content); });
  return stored;
}

}  // namespace rootcellar
