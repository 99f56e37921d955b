#include "bundle/chunker.h"

#include <algorithm>

#include "bundle/base/digest.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

// Before the average a cut is rarer than one in 64 Ki (2^18), after it more frequent (2^14): sizes gather around the average.
constexpr unsigned k_early_shift = 64 - 18;
constexpr unsigned k_late_shift = 64 - 14;

std::array<std::uint64_t, 256> make_gear_table() {
  std::array<std::uint64_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    Digest digest = sha256(as_bytes(cat("rootcellar gear ", i)));
    for (std::size_t byte = 8; byte > 0; --byte) table[i] = table[i] << 8 | digest.bytes[byte - 1];
  }
  return table;
}

/// The first position in [at, end) after which the sum's top bits are zero, or `end`.
std::size_t scan(ByteView bytes, std::size_t at, std::size_t end, unsigned shift, std::uint64_t& sum) {
  const auto& gear = gear_table();
  for (; at < end; ++at) {
    sum = (sum << 1) + gear[bytes[at]];
    if (sum >> shift == 0) break;
  }
  return at;
}

}  // namespace

const std::array<std::uint64_t, 256>& gear_table() {
  static const std::array<std::uint64_t, 256> table = make_gear_table();
  return table;
}

std::size_t find_cut(ByteView bytes) {
  std::size_t end = std::min<std::size_t>(bytes.size(), limits::k_chunk_max);
  if (end <= limits::k_chunk_min) return end;
  std::size_t middle = std::min<std::size_t>(end, limits::k_chunk_avg);
  std::uint64_t sum = 0;
  std::size_t at = scan(bytes, limits::k_chunk_min, middle, k_early_shift, sum);
  if (at == middle) at = scan(bytes, middle, end, k_late_shift, sum);
  return std::min(at + 1, end);
}

void Chunker::write(ByteView bytes) {
  found_.clear();
  walker_.feed(bytes, found_);
  cuts_.insert(cuts_.end(), found_.begin(), found_.end());
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  cut_while(limits::k_chunk_max);
}

void Chunker::finish() { cut_while(1); }

/// Hands out chunks while at least `needed` bytes are there to choose an end from.
void Chunker::cut_while(std::size_t needed) {
  std::size_t done = 0;
  while (buffer_.size() - done >= needed) {
    ByteView rest = ByteView(buffer_).subspan(done);
    std::size_t length = next_length(rest);
    emit_(rest.first(length));
    done += length;
    start_ += length;
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(done));
}

std::size_t Chunker::next_length(ByteView rest) {
  while (!cuts_.empty() && cuts_.front() <= start_) cuts_.pop_front();
  if (!cuts_.empty() && cuts_.front() - start_ < rest.size()) rest = rest.first(static_cast<std::size_t>(cuts_.front() - start_));
  return find_cut(rest);
}

}  // namespace rootcellar
