#include "installer/run/layer_search.h"

#include <archive.h>
#include <archive_entry.h>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_member_limit = std::uint64_t{1} << 30;
constexpr std::uint64_t k_raw_limit = std::uint64_t{64} << 30;  // a layer of some MB that claims more is a bomb
constexpr std::uint64_t k_entry_limit = 10'000'000;
constexpr std::size_t k_piece_limit = std::size_t{1} << 20;

// The other side has stopped: thrown through the writer to end it, and nobody's error.
struct Abandoned {};

// Turns a push (read_blob writes) into a pull (libarchive reads): the writer runs in a thread of its own, at most a few pieces ahead.
class Pieces final : public Sink {
 public:
  explicit Pieces(const std::function<void(Sink&)>& feed) : thread_([this, &feed] { run(feed); }) {}
  ~Pieces() override {
    {
      const std::lock_guard lock(mutex_);
      abandoned_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  void write(ByteView bytes) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < k_piece_limit || abandoned_; });
    if (abandoned_) throw Abandoned();
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    changed_.notify_all();
  }

  // The next bytes, valid until the next call; empty at the end. Rethrows what stopped the writer.
  const Bytes& next() {
    std::unique_lock lock(mutex_);
    taken_.clear();
    changed_.wait(lock, [this] { return !waiting_.empty() || ended_; });
    if (waiting_.empty() && failure_) std::rethrow_exception(failure_);
    taken_.swap(waiting_);
    changed_.notify_all();
    return taken_;
  }

 private:
  void run(const std::function<void(Sink&)>& feed) {
    std::exception_ptr failure;
    try {
      feed(*this);
    } catch (const Abandoned&) {
      failure = nullptr;
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    ended_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Bytes waiting_, taken_;
  bool ended_ = false;
  bool abandoned_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses all of the above
};

struct ArchiveDeleter {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

class TarReader {
 public:
  TarReader(Pieces& pieces, const std::string& what) : pieces_(pieces), what_(what), reader_(archive_read_new()) {
    if (!reader_) throw std::bad_alloc();
    check(archive_read_support_format_tar(reader_.get()));
    check(archive_read_support_filter_gzip(reader_.get()));
    check(archive_read_support_filter_zstd(reader_.get()));
    check(archive_read_open(reader_.get(), this, nullptr, &TarReader::next_bytes, nullptr));
  }
  TarReader(const TarReader&) = delete;

  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader_.get(), &entry);
    rethrow();
    if (result == ARCHIVE_EOF) return nullptr;
    check(result);
    if (++entries_ > k_entry_limit || archive_filter_bytes(reader_.get(), 0) > static_cast<la_int64_t>(k_raw_limit))
      wrong("it holds too much");
    return entry;
  }

  void copy_data(Sink& sink) {
    Bytes piece(std::size_t{256} << 10);
    std::uint64_t size = 0;
    while (true) {
      const la_ssize_t got = archive_read_data(reader_.get(), piece.data(), piece.size());
      rethrow();
      if (got < 0) wrong(text());
      if (got == 0) return;
      size += static_cast<std::uint64_t>(got);
      if (size > k_member_limit) wrong("the member is larger than 1 GiB");
      sink.write(ByteView(piece).first(static_cast<std::size_t>(got)));
    }
  }

  [[noreturn]] void wrong(std::string_view reason) const { throw InputError(cat(what_, ": ", reason)); }

 private:
  // Exceptions must not cross libarchive's frames.
  static la_ssize_t next_bytes(archive* reader, void* self, const void** bytes) {
    auto& tar = *static_cast<TarReader*>(self);
    try {
      const Bytes& piece = tar.pieces_.next();
      *bytes = piece.data();
      return static_cast<la_ssize_t>(piece.size());
    } catch (...) {
      tar.failure_ = std::current_exception();
      archive_set_error(reader, -1, "stopped");
      return -1;
    }
  }
  void rethrow() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  void check(int result) {
    rethrow();
    if (result < ARCHIVE_WARN) wrong(text());
  }
  std::string text() const {
    const char* said = archive_error_string(reader_.get());
    return said != nullptr ? printable(said) : std::string("expected a tar, found something else");
  }

  Pieces& pieces_;
  const std::string& what_;
  std::exception_ptr failure_;
  std::uint64_t entries_ = 0;
  std::unique_ptr<archive, ArchiveDeleter> reader_;
};

// "./bin/registry", "/bin/registry" and "bin/registry/" are one name in a layer.
std::string_view plain_name(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) name.remove_prefix(name.starts_with('/') ? 1 : 2);
  while (name.ends_with('/')) name.remove_suffix(1);
  return name;
}

// Whether the whiteout `name` removes `member` or a directory above it.
bool whites_out(std::string_view name, std::string_view member) {
  const std::size_t slash = name.rfind('/');
  const std::string_view directory = slash == name.npos ? std::string_view() : name.substr(0, slash);
  const std::string_view last = slash == name.npos ? name : name.substr(slash + 1);
  if (!last.starts_with(".wh.")) return false;
  if (last == ".wh..wh..opq") return directory.empty() || member.starts_with(cat(directory, '/'));
  const std::string removed = directory.empty() ? std::string(last.substr(4)) : cat(directory, '/', last.substr(4));
  return member == removed || member.starts_with(removed + '/');
}

void require_regular(const TarReader& tar, archive_entry* entry, const std::string& member) {
  const bool regular = archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr;
  if (!regular) tar.wrong(cat("expected the regular file '", member, "', found a link, a directory or a device"));
}

}  // namespace

// To the end, even when the member is out: only then has the whole blob been verified.
LayerFinding search_layer(const std::function<void(Sink&)>& feed, const std::string& member, Sink& sink, const std::string& what) {
  LayerFinding finding = LayerFinding::absent;
  Pieces pieces(feed);
  {
    TarReader tar(pieces, what);
    while (archive_entry* entry = tar.next()) {
      const char* path = archive_entry_pathname(entry);
      const std::string_view name = plain_name(path != nullptr ? path : "");
      if (name == member) {
        if (finding == LayerFinding::found) tar.wrong(cat("expected '", member, "' once, found it again"));
        require_regular(tar, entry, member);
        tar.copy_data(sink);
        finding = LayerFinding::found;
      } else if (finding == LayerFinding::absent && whites_out(name, member)) {
        finding = LayerFinding::whited_out;
      }
    }
  }
  while (!pieces.next().empty()) {
  }
  return finding;
}

}  // namespace rootcellar
