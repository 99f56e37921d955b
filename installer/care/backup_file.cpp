#include "installer/care/backup_file.h"

#include <algorithm>
#include <array>
#include <map>

#include "bundle/base/error.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_block = 512;
constexpr std::string_view k_manifest = "manifest.json";
constexpr std::size_t k_manifest_limit = std::size_t{16} << 20;
constexpr std::size_t k_members = 100'000;
using Block = std::array<std::uint8_t, k_block>;

// IEEE Std 1003.1, pax: "ustar Interchange Format".
struct Field {
  std::size_t at, size;
};
constexpr Field k_name{0, 100}, k_mode{100, 8}, k_uid{108, 8}, k_gid{116, 8}, k_size{124, 12}, k_time{136, 12}, k_sum{148, 8},
    k_type{156, 1}, k_magic{257, 8};
constexpr std::string_view k_ustar("ustar\00000", 8);

void put(Block& block, Field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.size), block.begin() + static_cast<std::ptrdiff_t>(field.at));
}

void put_octal(Block& block, Field field, std::uint64_t value) {
  std::string digits(field.size - 1, '0');
  for (std::size_t i = digits.size(); i-- > 0; value /= 8) digits[i] = static_cast<char>('0' + value % 8);
  put(block, field, digits);
}

std::string_view get(const Block& block, Field field) {
  const std::string_view text = as_text(block).substr(field.at, field.size);
  return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> get_octal(const Block& block, Field field) {
  std::uint64_t value = 0;
  for (const char digit : trim(get(block, field))) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

/// Of all bytes, those of its own field as blanks.
std::uint64_t checksum(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < k_block; ++i) sum += i >= k_sum.at && i < k_sum.at + k_sum.size ? ' ' : block[i];
  return sum;
}

std::uint64_t padding(std::uint64_t size) { return (k_block - size % k_block) % k_block; }

[[noreturn]] void refuse(const std::string& what, const std::string& fault) {
  throw InputError(cat("'", what, "' is no whole backup: ", fault), "take another copy of the file, or an older backup");
}

/// The bytes of one member, hashed on their way.
class MemberSource final : public Source {
 public:
  MemberSource(Source& inner, std::uint64_t size, const std::string& what) : inner_(inner), rest_(size), what_(what) {}
  std::size_t read(std::span<std::uint8_t> into) override {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(rest_, into.size()));
    if (wanted == 0) return 0;
    const std::size_t length = inner_.read(into.first(wanted));
    if (length == 0) refuse(what_, "it was cut");
    hash_.write(into.first(length));
    rest_ -= length;
    return length;
  }
  Digest finish() {
    NullSink nowhere;
    copy(*this, nowhere);
    return hash_.finish();
  }

 private:
  Source& inner_;
  std::uint64_t rest_;
  const std::string& what_;
  Sha256 hash_;
};

struct Member {
  std::string name;
  unsigned mode = 0;
  std::uint64_t size = 0;
};

bool is_zero(const Block& block) {
  return std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// Nothing at the archive's end.
std::optional<Member> read_header(Source& source, const std::string& what) {
  Block block{};
  if (read_full(source, block) != k_block) refuse(what, "it was cut");
  if (is_zero(block)) return std::nullopt;
  const auto sum = get_octal(block, k_sum), mode = get_octal(block, k_mode), size = get_octal(block, k_size);
  const Member member{std::string(get(block, k_name)), static_cast<unsigned>(mode.value_or(0)) & 07777, size.value_or(0)};
  const bool sound = as_text(block).substr(k_magic.at, k_magic.size) == k_ustar && sum == checksum(block) && mode && size;
  if (!sound || member.size > k_backup_member_limit || !RelPath::parse(member.name))
    refuse(what, "expected a member of a backup, found other bytes");
  return member;
}

void skip_padding(Source& source, std::uint64_t size, const std::string& what) {
  Block block{};
  const std::size_t wanted = static_cast<std::size_t>(padding(size));
  if (read_full(source, std::span(block).first(wanted)) != wanted) refuse(what, "it was cut");
}

using Digests = std::map<std::string, std::string>;

void compare(const JsonValue& manifest, Digests found, const std::string& what) {
  const JsonValue* files = manifest.find("files");
  if (files == nullptr || !files->is_array()) refuse(what, "its manifest lists no files");
  for (const JsonValue& file : files->items()) {
    const std::string name = file.text("name").value_or("");
    const auto there = found.find(name);
    if (there == found.end()) refuse(what, cat("'", printable(name), "' is missing"));
    if (there->second != file.text("digest")) refuse(what, cat("'", printable(name), "' is not what its manifest says"));
    found.erase(there);
  }
  if (!found.empty()) refuse(what, cat("'", printable(found.begin()->first), "' is not in its manifest"));
}

}  // namespace

std::uint64_t backup_bytes(const std::vector<std::uint64_t>& sizes) {
  std::uint64_t sum = std::uint64_t{64} << 10;
  for (const std::uint64_t size : sizes) sum += k_block + size + padding(size) + 512;  // a header, and a line of the manifest
  return sum;
}

void BackupWriter::write_header(const std::string& name, unsigned mode, std::uint64_t size) {
  if (name.size() > k_name.size || size >= k_backup_member_limit)
    throw SystemError(cat("cannot put '", name, "' into a backup: it is too large"));
  Block block{};
  put(block, k_name, name);
  put_octal(block, k_mode, mode);
  put_octal(block, k_uid, 0);
  put_octal(block, k_gid, 0);
  put_octal(block, k_size, size);
  put_octal(block, k_time, static_cast<std::uint64_t>(now_));
  put(block, k_type, "0");
  put(block, k_magic, k_ustar);
  put_octal(block, k_sum, checksum(block));
  sink_.write(block);
}

void BackupWriter::pad(std::uint64_t size) {
  const Block block{};
  sink_.write(std::span(block).first(static_cast<std::size_t>(padding(size))));
}

void BackupWriter::add(const std::string& name, unsigned mode, std::uint64_t size, Source& source) {
  write_header(name, mode, size);
  Sha256 hash;
  TeeSink both(hash, sink_);
  if (copy(source, both) != size) throw SystemError(cat("cannot back up '", name, "': it changed while it was read"));
  pad(size);
  files_.push(JsonValue::object({{"name", JsonValue::string(name)}, {"digest", JsonValue::string(hash.finish().named())}}));
}

void BackupWriter::finish(const BackupFacts& facts) {
  JsonValue manifest = encode_backup_facts(facts);
  manifest.set("files", files_);
  const std::string text = manifest.dump(2) + "\n";
  write_header(std::string(k_manifest), 0600, text.size());
  sink_.write(as_bytes(text));
  pad(text.size());
  const Block end{};
  sink_.write(end);
  sink_.write(end);
}

BackupFacts read_backup(Source& source, const std::string& what, const OnBackupMember& each) {
  Digests digests;
  while (const auto member = read_header(source, what)) {
    MemberSource content(source, member->size, what);
    if (member->name == k_manifest) {
      if (member->size > k_manifest_limit) refuse(what, "its manifest is too large");
      const Bytes text = read_all(content, what, k_manifest_limit);
      const JsonValue manifest = parse_json(as_text(text), what, {.bytes = k_manifest_limit, .depth = 8});
      compare(manifest, std::move(digests), what);
      return decode_backup_facts(manifest, what);
    }
    if (digests.size() >= k_members) refuse(what, "it has too many members");
    each(member->name, member->mode, content);
    if (!digests.emplace(member->name, content.finish().named()).second) refuse(what, cat("'", member->name, "' is there twice"));
    skip_padding(source, member->size, what);
  }
  refuse(what, "it has no manifest");
}

}  // namespace rootcellar
