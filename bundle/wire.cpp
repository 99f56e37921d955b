#include "bundle/wire.h"

#include <cstring>

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

std::uint64_t zigzag(std::int64_t value) { return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63); }

std::int64_t unzigzag(std::uint64_t value) { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

void WireWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
  byte(static_cast<std::uint8_t>(value));
}

void WireWriter::digest(const Digest& value) { raw(as_text(value.bytes)); }

void WireWriter::section(std::string_view name, const WireWriter& content) { raw(name), text(content.bytes()); }

void WireReader::fail(std::string_view reason) const {
  throw InputError(cat(what_, ": ", reason, " (byte ", position_, " of ", part_, ")"));
}

std::string_view WireReader::raw(std::size_t size) {
  if (size > bytes_.size() - position_) fail(cat("expected ", size, " more bytes, found ", bytes_.size() - position_));
  std::string_view piece = bytes_.substr(position_, size);
  position_ += size;
  return piece;
}

std::uint8_t WireReader::byte() { return static_cast<std::uint8_t>(raw(1).front()); }

std::uint64_t WireReader::varint(std::uint64_t most) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    std::uint8_t next = byte();
    if (shift == 63 && next > 1) fail("a number does not fit in 64 bits");
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if (next >= 0x80) continue;
    if (next == 0 && shift > 0) fail("a number is not in its shortest form");
    if (value > most) fail(cat("expected a number up to ", most, ", found ", value));
    return value;
  }
}

std::size_t WireReader::count(std::size_t least_each) { return varint((bytes_.size() - position_) / least_each); }

std::string WireReader::text(std::size_t most) { return std::string(raw(varint(most))); }

Digest WireReader::digest() {
  Digest value;
  std::memcpy(value.bytes.data(), raw(value.bytes.size()).data(), value.bytes.size());
  return value;
}

void WireReader::require_end() {
  if (!at_end()) fail(cat(bytes_.size() - position_, " bytes too many"));
}

}  // namespace rootcellar
