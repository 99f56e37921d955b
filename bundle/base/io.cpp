#include "bundle/base/io.h"

#include <algorithm>
#include <cstring>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

[[noreturn]] void throw_too_large(std::string_view what, std::size_t limit) {
  throw InputError(cat(what, " is larger than the limit of ", human_size(limit)));
}

}  // namespace

std::size_t MemorySource::read(std::span<std::uint8_t> into) {
  const std::size_t length = std::min(into.size(), rest_.size());
  std::copy_n(rest_.begin(), length, into.begin());
  rest_ = rest_.subspan(length);
  return length;
}

void MemorySink::write(ByteView bytes) {
  if (bytes.size() > limit_ - bytes_.size()) throw_too_large(what_, limit_);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::size_t read_full(Source& source, std::span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const std::size_t length = source.read(into.subspan(filled));
    if (length == 0) break;
    filled += length;
  }
  return filled;
}

std::uint64_t copy(Source& source, Sink& sink) {
  Bytes buffer(k_piece);
  std::uint64_t moved = 0;
  while (const std::size_t length = source.read(buffer)) {
    sink.write(ByteView(buffer).first(length));
    moved += length;
    poll_interrupt();
  }
  return moved;
}

Bytes read_all(Source& source, std::string_view what, std::size_t limit) {
  MemorySink sink(std::string(what), limit);
  copy(source, sink);
  return std::move(sink.bytes());
}

}  // namespace rootcellar
