#include "bundle/tar_walker.h"

#include <algorithm>
#include <string_view>

#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

using Block = std::array<std::uint8_t, 512>;
constexpr std::size_t k_at_size = 124, k_size_length = 12, k_at_checksum = 148, k_checksum_length = 8, k_at_type = 156, k_at_magic = 257;
constexpr std::uint64_t k_largest_member = std::uint64_t{1} << 60;
constexpr std::uint64_t k_largest_records = 64 << 10;  // attributes of one file; larger ones are walked past unread
constexpr char k_pax_of_next = 'x';

std::optional<std::uint64_t> read_octal(std::string_view field) {
  std::size_t at = field.find_first_not_of(' ');
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  for (; at < field.size() && field[at] != ' ' && field[at] != '\0'; ++at) {
    if (field[at] < '0' || field[at] > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(field[at] - '0');
  }
  return value;
}

/// GNU's form for sizes that do not fit in octal: the top bit set, then a big-endian number.
std::optional<std::uint64_t> read_base256(std::string_view field) {
  std::uint64_t value = static_cast<std::uint8_t>(field[0]) & 0x7f;
  for (char c : field.substr(1)) {
    if (value > k_largest_member) return std::nullopt;
    value = value << 8 | static_cast<std::uint8_t>(c);
  }
  return value;
}

std::optional<std::uint64_t> read_size(const Block& block) {
  std::string_view field = as_text(ByteView(block).subspan(k_at_size, k_size_length));
  auto size = static_cast<std::uint8_t>(field[0]) & 0x80 ? read_base256(field) : read_octal(field);
  if (size && *size > k_largest_member) return std::nullopt;
  return size;
}

bool checksum_holds(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) sum += i >= k_at_checksum && i < k_at_checksum + k_checksum_length ? ' ' : block[i];
  return read_octal(as_text(ByteView(block).subspan(k_at_checksum, k_checksum_length))) == sum;
}

/// The size that a pax header's records ("LENGTH KEY=VALUE\n", LENGTH counts the whole record) give: members of 8 GiB and more have it
/// there, and their own header does not.
std::optional<std::uint64_t> size_in(std::string_view records) {
  std::optional<std::uint64_t> size;
  while (true) {
    std::size_t space = records.substr(0, k_size_length).find(' ');
    auto length = space == std::string_view::npos ? std::nullopt : parse_u64(records.substr(0, space));
    if (!length || *length <= space + 1 || *length > records.size() || records[*length - 1] != '\n') return size;
    std::string_view record = records.substr(space + 1, *length - space - 2);
    if (record.starts_with("size=")) size = parse_u64(record.substr(5));
    records.remove_prefix(*length);
  }
}

/// Headers that only tell something of a later one.
bool is_about_next(std::uint8_t type) { return type == k_pax_of_next || type == 'g' || type == 'L' || type == 'K'; }

bool has_no_data(std::uint8_t type) { return type >= '1' && type <= '6'; }

/// Bytes of data that follow the header; nothing when it is no header. Links, devices, directories and pipes have none, whatever their size
/// says.
std::optional<std::uint64_t> data_size(const Block& block) {
  if (as_text(ByteView(block).subspan(k_at_magic, 5)) != "ustar" || !checksum_holds(block)) return std::nullopt;
  if (has_no_data(block[k_at_type])) return 0;
  return read_size(block);
}

}  // namespace

void TarWalker::feed(ByteView bytes, std::vector<std::uint64_t>& cuts) {
  while (following_ && !bytes.empty()) {
    std::uint64_t wanted = data_left_ > 0 ? data_left_ : header_.size() - header_fill_;
    std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size()));
    position_ += size;
    if (data_left_ > 0) {
      take_data(bytes.first(size));
    } else {
      std::copy_n(bytes.begin(), size, header_.begin() + static_cast<std::ptrdiff_t>(header_fill_));
      header_fill_ += size;
      if (header_fill_ == header_.size()) take_header(cuts);
    }
    bytes = bytes.subspan(size);
  }
}

void TarWalker::take_data(ByteView bytes) {
  data_left_ -= bytes.size();
  if (!in_records_) return;
  records_ += as_text(bytes);
  if (data_left_ == 0) next_size_ = size_in(records_);
}

void TarWalker::take_header(std::vector<std::uint64_t>& cuts) {
  header_fill_ = 0;
  bool zeros = std::all_of(header_.begin(), header_.end(), [](std::uint8_t byte) { return byte == 0; });
  if (zeros && position_ > header_.size()) return;  // the end mark, and the padding after it
  auto size = data_size(header_);
  following_ = size.has_value();
  if (!following_) return;
  std::uint8_t type = header_[k_at_type];
  if (!is_about_next(type) && !has_no_data(type)) size = next_size_.value_or(*size);
  if (!is_about_next(type)) next_size_.reset();
  following_ = *size <= k_largest_member;
  if (!following_) return;
  in_records_ = type == k_pax_of_next && *size <= k_largest_records;
  records_.clear();
  data_left_ = (*size + header_.size() - 1) / header_.size() * header_.size();
  if (*size < limits::k_member_cut) return;
  cuts.push_back(position_);
  cuts.push_back(position_ + data_left_);
}

}  // namespace rootcellar
