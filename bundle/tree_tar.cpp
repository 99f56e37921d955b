#include "bundle/tree_tar.h"

#include <algorithm>
#include <cstring>

#include "bundle/base/error.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_block = 512;
constexpr std::size_t k_name_size = 100;
constexpr std::size_t k_records_limit = 3 * limits::k_name;
constexpr std::uint64_t k_octal_limit = std::uint64_t{1} << 33;  // eleven octal digits
constexpr std::string_view k_types = "0521";                     // in the order of TreeEntry::Kind

using Block = std::array<std::uint8_t, k_block>;

// ---- the header, both ways

void put_text(Block& block, std::size_t at, std::string_view text) { std::memcpy(block.data() + at, text.data(), text.size()); }

void put_octal(Block& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value >>= 3) block[at + i] = static_cast<std::uint8_t>('0' + (value & 7));
}

std::uint64_t sum_of(const Block& block) {
  std::uint64_t sum = 8 * ' ';
  for (std::size_t i = 0; i < k_block; ++i) sum += i >= 148 && i < 156 ? 0 : block[i];
  return sum;
}

Block header_block(std::string_view name, char type, std::uint32_t mode, std::uint64_t size, std::string_view target) {
  Block block{};
  put_text(block, 0, name);
  put_octal(block, 100, 7, mode);
  put_octal(block, 108, 7, 0);
  put_octal(block, 116, 7, 0);
  put_octal(block, 124, 11, size);
  put_octal(block, 136, 11, 0);
  block[156] = static_cast<std::uint8_t>(type);
  put_text(block, 157, target);
  put_text(block, 257, std::string_view("ustar\00000", 8));
  put_octal(block, 148, 6, sum_of(block));
  block[155] = ' ';
  return block;
}

std::string text_of(const Block& block) { return std::string(as_text(block)); }

/// "LENGTH KEY=VALUE\n", LENGTH counts all of it.
std::string record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  return cat(length, " ", key, "=", value, "\n");
}

std::string records_of(const TreeEntry& entry) {
  std::string records;
  if (entry.path.size() > k_name_size) records += record("path", entry.path);
  if (entry.target.size() > k_name_size) records += record("linkpath", entry.target);
  if (entry.size >= k_octal_limit) records += record("size", std::to_string(entry.size));
  return records;
}

std::string_view field(const Block& block, std::size_t at, std::size_t size) {
  const std::string_view text = as_text(ByteView(block).subspan(at, size));
  return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> octal(const Block& block, std::size_t at, std::size_t digits) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (block[i] < '0' || block[i] > '7') return std::nullopt;
    value = value * 8 + (block[i] - '0');
  }
  return value;
}

bool is_zero(const Block& block) {
  return std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; });
}

// ---- where links lead

/// Up as far as the tree goes and then down. A way up after a way down may begin behind another link, and end anywhere.
bool stays_inside(std::string_view path, std::string_view target) {
  auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  bool is_down = false;
  if (target.empty() || target.front() == '/') return false;
  for (const std::string_view part : split(target, '/')) {
    if (part == ".." && (is_down || depth == 0)) return false;
    if (part == "..") --depth;
    if (!part.empty() && part != "." && part != "..") is_down = true;
  }
  return true;
}

}  // namespace

std::string tree_header(const TreeEntry& entry) {
  std::string out;
  const std::string records = records_of(entry);
  if (!records.empty()) out = cat(text_of(header_block("pax", 'x', 0644, records.size(), "")), records, tree_padding(records.size()));
  const std::uint64_t size = entry.size >= k_octal_limit ? 0 : entry.size;
  return out + text_of(header_block(std::string_view(entry.path).substr(0, k_name_size), k_types[static_cast<std::size_t>(entry.kind)],
                                    entry.mode, size, std::string_view(entry.target).substr(0, k_name_size)));
}

std::string tree_padding(std::uint64_t size) { return std::string((k_block - size % k_block) % k_block, '\0'); }

std::string tree_end() { return std::string(2 * k_block, '\0'); }

std::string TreeRules::fault(const TreeEntry& entry) {
  const std::string shown = cat("'", printable(entry.path, 200), "'");
  if (!RelPath::parse(entry.path)) return cat(shown, " is not a path inside a folder");
  const std::size_t slash = entry.path.rfind('/');
  const std::string_view parent = std::string_view(entry.path).substr(0, slash == std::string::npos ? 0 : slash);
  if (!parent.empty() && !directories_.contains(parent)) return cat(shown, " lies in what is no folder of it");
  if (directories_.contains(entry.path) || files_.contains(entry.path) || links_.contains(entry.path)) return cat(shown, " is there twice");
  if (entry.kind == TreeEntry::Kind::hardlink && !files_.contains(entry.target))
    return cat(shown, " is a link to '", printable(entry.target, 200), "', which is no file before it");
  if (entry.kind == TreeEntry::Kind::symlink && !stays_inside(entry.path, entry.target))
    return cat(shown, " is a link to '", printable(entry.target, 200), "', which lies outside");
  if (entry.kind == TreeEntry::Kind::directory) directories_.insert(entry.path);
  if (entry.kind == TreeEntry::Kind::symlink) links_.insert(entry.path);
  if (entry.kind == TreeEntry::Kind::file || entry.kind == TreeEntry::Kind::hardlink) files_.insert(entry.path);
  return {};
}

void TreeReader::fail(const std::string& reason) const { throw InputError(cat(what_, ": ", reason)); }

void TreeReader::write(ByteView bytes) {
  while (!bytes.empty()) {
    if (left_ > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      take_content(bytes.first(size));
      bytes = bytes.subspan(size);
    } else if (padding_ > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(padding_, bytes.size()));
      padding_ -= size;
      bytes = bytes.subspan(size);
    } else {
      const std::size_t size = std::min(k_block - fill_, bytes.size());
      std::copy_n(bytes.begin(), size, block_.begin() + static_cast<std::ptrdiff_t>(fill_));
      fill_ += size;
      bytes = bytes.subspan(size);
      if (fill_ == k_block) take_block();
    }
  }
}

void TreeReader::take_end_block() {
  if (!is_zero(block_) || ends_ == 2) fail("there is something after its end");
  ++ends_;
}

void TreeReader::take_block() {
  fill_ = 0;
  if (ends_ > 0 || is_zero(block_)) return take_end_block();
  const char type = static_cast<char>(block_[156]);
  const auto size = octal(block_, 124, 11);
  const auto mode = octal(block_, 100, 7);
  if (field(block_, 257, 6) != "ustar" || octal(block_, 148, 6) != sum_of(block_) || !size || !mode) fail("it is no tar of a bundle");
  in_records_ = type == 'x';
  const std::size_t kind = k_types.find(type);
  if (in_records_ && (*size > k_records_limit || !records_.empty())) fail("a path in it is too long");
  if (!in_records_ && (kind == std::string_view::npos || *mode > 0777)) fail("it has something that is no file, folder or link");
  left_ = *size;
  padding_ = tree_padding(*size).size();
  if (in_records_) return;
  entry_ = {static_cast<TreeEntry::Kind>(kind), std::string(field(block_, 0, k_name_size)), static_cast<std::uint32_t>(*mode), *size,
            std::string(field(block_, 157, k_name_size))};
  begin_member();
}

void TreeReader::take_records() {
  std::string_view rest = records_;
  while (!rest.empty()) {
    const std::size_t space = rest.substr(0, 8).find(' ');
    const auto length = space == std::string_view::npos ? std::nullopt : parse_u64(rest.substr(0, space));
    if (!length || *length <= space + 2 || *length > rest.size() || rest[*length - 1] != '\n') fail("it is no tar of a bundle");
    const std::string_view line = rest.substr(space + 1, *length - space - 2);
    if (line.starts_with("path=")) long_path_ = line.substr(5);
    if (line.starts_with("linkpath=")) long_target_ = line.substr(9);
    if (line.starts_with("size=")) long_size_ = parse_u64(line.substr(5)).value_or(0);
    rest.remove_prefix(*length);
  }
}

void TreeReader::begin_member() {
  if (!long_path_.empty()) entry_.path = std::move(long_path_);
  if (!long_target_.empty()) entry_.target = std::move(long_target_);
  if (long_size_ > 0) left_ = entry_.size = long_size_, padding_ = tree_padding(long_size_).size();
  records_.clear(), long_path_.clear(), long_target_.clear();
  long_size_ = 0;
  if (++entries_ > k_tree_entries) fail(cat("it has more than ", k_tree_entries, " files and folders"));
  if (entry_.size > limits::k_blob_size || (entry_.kind != TreeEntry::Kind::file && entry_.size > 0)) fail("it is no tar of a bundle");
  if (const std::string fault = rules_.fault(entry_); !fault.empty()) fail(fault);
  receiver_.begin(entry_);
  if (entry_.size == 0) receiver_.end(entry_);
}

void TreeReader::take_content(ByteView bytes) {
  left_ -= bytes.size();
  if (in_records_) {
    records_ += as_text(bytes);
    if (left_ == 0) take_records();
    return;
  }
  receiver_.content(bytes);
  if (left_ == 0) receiver_.end(entry_);
}

void TreeReader::finish() const {
  if (ends_ != 2 || fill_ != 0) fail("its end is missing");
}

}  // namespace rootcellar
