// Streams: bytes are pulled from a Source, or pushed into a Sink; nothing else moves bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// What is read, hashed and written one after the other goes in pieces of this size: they stay in a core's own cache.
inline constexpr std::size_t k_piece = std::size_t{256} << 10;

inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Something bytes come from.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills a front part of `into` and returns its length; 0 only at the end. Throws Error on failure.
  virtual std::size_t read(std::span<std::uint8_t> into) = 0;
};

/// Something bytes go to. A Sink with an end of its own has an explicit finish(); destruction without it abandons.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(ByteView bytes) = 0;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(ByteView bytes) : rest_(bytes) {}
  std::size_t read(std::span<std::uint8_t> into) override;

 private:
  ByteView rest_;
};

class MemorySink final : public Sink {
 public:
  /// More than `limit` bytes is an InputError that names `what`.
  MemorySink(std::string what, std::size_t limit) : what_(std::move(what)), limit_(limit) {}
  void write(ByteView bytes) override;
  Bytes& bytes() { return bytes_; }

 private:
  std::string what_;
  std::size_t limit_;
  Bytes bytes_;
};

class NullSink final : public Sink {
 public:
  void write(ByteView) override {}
};

/// Writes to both.
class TeeSink final : public Sink {
 public:
  TeeSink(Sink& first, Sink& second) : first_(first), second_(second) {}
  void write(ByteView bytes) override { first_.write(bytes), second_.write(bytes); }

 private:
  Sink& first_;
  Sink& second_;
};

class FunctionSink final : public Sink {
 public:
  explicit FunctionSink(std::function<void(ByteView)> write) : write_(std::move(write)) {}
  void write(ByteView bytes) override { write_(bytes); }

 private:
  std::function<void(ByteView)> write_;
};

/// Fills all of `into` unless the source ends first; returns the length filled.
std::size_t read_full(Source& source, std::span<std::uint8_t> into);
/// Moves everything; returns the byte count. Polls for interruption (see interrupt.h).
std::uint64_t copy(Source& source, Sink& sink);
/// Everything, at most `limit` bytes; more is an InputError that names `what`.
Bytes read_all(Source& source, std::string_view what, std::size_t limit);

}  // namespace rootcellar
