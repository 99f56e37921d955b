#include "bundle/base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_prefix = "sha256:";

/// OpenSSL's digest calls fail only for want of memory.
void check(int result) {
  if (result != 1) throw std::bad_alloc();
}

using Crc32cTables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Slicing by eight: table k advances a byte k places further (polynomial 0x1EDC6F41, reflected).
constexpr Crc32cTables make_crc32c_tables() {
  Crc32cTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78u : 0u);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Crc32cTables k_crc32c = make_crc32c_tables();

std::uint32_t crc32c_eight(std::uint32_t crc, const std::uint8_t* bytes) {
  std::uint32_t result = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t mixed = i < 4 ? (crc >> (8 * i)) & 0xFF : 0;
    result ^= k_crc32c[7 - i][mixed ^ bytes[i]];
  }
  return result;
}

}  // namespace

std::string Digest::hex() const { return hex_encode(bytes); }
std::string Digest::named() const { return cat(k_prefix, hex()); }

std::optional<Digest> Digest::from_hex(std::string_view hex) {
  const auto decoded = hex.size() == 64 ? hex_decode(hex) : std::nullopt;
  if (!decoded) return std::nullopt;
  Digest digest;
  std::copy(decoded->begin(), decoded->end(), digest.bytes.begin());
  return digest;
}

std::optional<Digest> Digest::from_named(std::string_view named) {
  if (!named.starts_with(k_prefix)) return std::nullopt;
  return from_hex(named.substr(k_prefix.size()));
}

std::size_t DigestHash::operator()(const Digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
  check(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::write(ByteView bytes) {
  assert(state_ != nullptr && "written after finish()");
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
  size_ += bytes.size();
}

Digest Sha256::finish() {
  assert(state_ != nullptr && "finished twice");
  Digest digest;
  check(EVP_DigestFinal_ex(state_->context.get(), digest.bytes.data(), nullptr));
  state_.reset();
  return digest;
}

Digest sha256(ByteView bytes) {
  Sha256 hash;
  hash.write(bytes);
  return hash.finish();
}

std::size_t HashingSource::read(std::span<std::uint8_t> into) {
  const std::size_t length = inner_.read(into);
  hash_.write(into.first(length));
  return length;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) {
  std::uint32_t crc = ~seed;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) crc = crc32c_eight(crc, bytes.data());
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ k_crc32c[0][(crc ^ byte) & 0xFF];
  return ~crc;
}

}  // namespace rootcellar
