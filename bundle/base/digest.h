// SHA-256 and its names; computed while bytes move, never afterwards.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bundle/base/io.h"

namespace rootcellar {

/// A SHA-256 value (FIPS 180-4).
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  std::string hex() const;    ///< 64 lower-case digits
  std::string named() const;  ///< "sha256:HEX", the OCI form

  static std::optional<Digest> from_hex(std::string_view hex);
  static std::optional<Digest> from_named(std::string_view named);
};

struct DigestHash {
  std::size_t operator()(const Digest& digest) const noexcept;
};

/// A running SHA-256 that is also a Sink.
class Sha256 final : public Sink {
 public:
  Sha256();
  ~Sha256() override;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void write(ByteView bytes) override;
  std::uint64_t size() const { return size_; }
  /// REQUIRES: called once; nothing is written afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t size_ = 0;
};

Digest sha256(ByteView bytes);

/// Passes bytes on from `inner` while hashing them.
class HashingSource final : public Source {
 public:
  explicit HashingSource(Source& inner) : inner_(inner) {}
  std::size_t read(std::span<std::uint8_t> into) override;
  std::uint64_t size() const { return hash_.size(); }
  Digest finish() { return hash_.finish(); }

 private:
  Source& inner_;
  Sha256 hash_;
};

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): damage detection only, never trust.
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0);

}  // namespace rootcellar
