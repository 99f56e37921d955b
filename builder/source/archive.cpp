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
constexpr std::uint64_t k_max_member = std::uint64_t{4} << 30;
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

Reading open_archive(const std::string& path, const std::string& what) {
  Reading reading(archive_read_new());
  if (!reading) throw std::bad_alloc();
  archive_read_support_filter_gzip(reading.get());
  archive_read_support_filter_xz(reading.get());
  archive_read_support_filter_zstd(reading.get());
  archive_read_support_filter_bzip2(reading.get());
  archive_read_support_format_tar(reading.get());
  archive_read_support_format_zip(reading.get());
  archive_read_support_format_raw(reading.get());
  checked(archive_read_open_filename(reading.get(), path.c_str(), k_block), reading.get(), what);
  return reading;
}

class ContentSource final : public Source {
 public:
  ContentSource(archive* it, const std::string& what) : archive_(it), what_(what) {}

  std::size_t read(std::span<std::uint8_t> into) override {
    poll_interrupt();
    const la_ssize_t length = checked(archive_read_data(archive_, into.data(), into.size()), archive_, what_);
    read_ += static_cast<std::uint64_t>(length);
    if (read_ > k_max_member) throw InputError(cat("a file of ", what_, " is larger than ", human_size(k_max_member)));
    return static_cast<std::size_t>(length);
  }

 private:
  archive* archive_;
  const std::string& what_;
  std::uint64_t read_ = 0;
};

/// Everything is "raw" that is nothing else; only what was compressed is meant to be taken out of something.
ArchiveItem item_of(archive* it, archive_entry* entry, const std::string& what) {
  if (archive_format(it) == ARCHIVE_FORMAT_RAW) {
    if (archive_filter_count(it) < 2)
      throw InputError(cat("cannot read ", what, " as an archive: it is neither an archive nor compressed"));
    return {{}, true, true, 0};
  }
  const char* name = archive_entry_pathname(entry);
  const bool is_link = archive_entry_hardlink(entry) != nullptr;
  const auto size = archive_entry_size_is_set(entry) != 0 ? static_cast<std::uint64_t>(archive_entry_size(entry)) : 0;
  return {name == nullptr ? std::string() : std::string(plain_name(name)), archive_entry_filetype(entry) == AE_IFREG && !is_link, false,
          size};
}

[[noreturn]] void refuse_missing(const std::string& member, const std::string& what, const std::vector<std::string>& names) {
  const auto near = did_you_mean(member, names);
  const std::size_t shown = std::min(names.size(), k_items_shown);
  const std::string list = join(std::span(names).first(shown), ", ");
  const std::string rest = names.size() > shown ? cat(" and ", names.size() - shown, " more") : std::string();
  throw InputError(cat(what, " has no file '", member, "'"), near ? cat("did you mean '", *near, "'?") : cat("it has ", list, rest));
}

}  // namespace

void walk_archive(const std::string& path, const std::string& what, const std::function<bool(const ArchiveItem&, Source&)>& each) {
  const Reading reading = open_archive(path, what);
  archive_entry* entry = nullptr;
  for (std::size_t items = 0;; ++items) {
    if (checked(archive_read_next_header(reading.get(), &entry), reading.get(), what) == ARCHIVE_EOF) return;
    if (items == k_max_items) throw InputError(cat(what, " has more than ", k_max_items, " items"));
    const ArchiveItem item = item_of(reading.get(), entry, what);
    ContentSource content(reading.get(), what);
    if (!each(item, content)) return;
  }
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
