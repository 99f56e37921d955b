// Numbers and texts as the index stores them: minimal varints, counted texts, plain digests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "bundle/base/digest.h"
#include "bundle/base/io.h"

namespace rootcellar {

/// Bytes of `value` as a varint: 7 bits a byte, low bits first, the high bit set on all but the last.
std::size_t varint_size(std::uint64_t value);
/// Small numbers of either sign become small numbers: 0, -1, 1, -2 ... as 0, 1, 2, 3 ...
std::uint64_t zigzag(std::int64_t value);
std::int64_t unzigzag(std::uint64_t value);

class WireWriter {
 public:
  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value);
  void raw(std::string_view bytes) { out_.append(bytes); }
  void text(std::string_view value) { varint(value.size()), raw(value); }
  void digest(const Digest& value);
  /// Four letters, length, content.
  void section(std::string_view name, const WireWriter& content);
  const std::string& bytes() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what WireWriter wrote. Every fault is an InputError "WHAT: REASON (byte N of PART)".
class WireReader {
 public:
  WireReader(std::string_view bytes, std::string_view what, std::string part) : bytes_(bytes), what_(what), part_(std::move(part)) {}

  std::uint8_t byte();
  /// More than `most`, or not in its shortest form, is a fault.
  std::uint64_t varint(std::uint64_t most = UINT64_MAX);
  /// A number of items that take at least `least_each` bytes each of what is left: bounds every allocation by the input's own size.
  std::size_t count(std::size_t least_each);
  std::string_view raw(std::size_t size);
  std::string text(std::size_t most);
  Digest digest();
  bool at_end() const { return position_ == bytes_.size(); }
  void require_end();
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  std::string_view bytes_;
  std::string_view what_;
  std::string part_;
  std::size_t position_ = 0;
};

}  // namespace rootcellar
