#include "bundle/base/blake2b.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace rootcellar {
namespace {

using State = std::array<std::uint64_t, 8>;
using Block = std::array<std::uint64_t, 16>;

constexpr std::size_t k_block_size = 128;

/// The fractional parts of the square roots of the first eight primes, as in SHA-512.
constexpr State k_start{0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
                        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179};

constexpr std::uint8_t k_order[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

constexpr std::uint8_t k_lanes[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
                                        {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14}};

Block load(ByteView bytes) {
  Block block{};
  for (std::size_t i = 0; i < bytes.size(); ++i) block[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
  return block;
}

void mix(std::array<std::uint64_t, 16>& v, const std::uint8_t (&lane)[4], std::uint64_t x, std::uint64_t y) {
  std::uint64_t &a = v[lane[0]], &b = v[lane[1]], &c = v[lane[2]], &d = v[lane[3]];
  a += b + x;
  d = std::rotr(d ^ a, 32);
  c += d;
  b = std::rotr(b ^ c, 24);
  a += b + y;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 63);
}

void compress(State& state, const Block& block, std::uint64_t count, bool is_last) {
  std::array<std::uint64_t, 16> v{};
  std::copy(state.begin(), state.end(), v.begin());
  std::copy(k_start.begin(), k_start.end(), v.begin() + 8);
  v[12] ^= count;
  if (is_last) v[14] = ~v[14];
  for (std::size_t round = 0; round < 12; ++round) {
    const auto& order = k_order[round % 10];
    for (std::size_t lane = 0; lane < 8; ++lane) mix(v, k_lanes[lane], block[order[2 * lane]], block[order[2 * lane + 1]]);
  }
  for (std::size_t i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
}

}  // namespace

void blake2b(ByteView bytes, std::span<std::uint8_t> out) {
  assert(!out.empty() && out.size() <= 64);
  State state = k_start;
  state[0] ^= 0x01010000 ^ out.size();  // parameter block: fan-out 1, depth 1, no key
  std::uint64_t count = 0;
  for (; bytes.size() > k_block_size; bytes = bytes.subspan(k_block_size)) {
    count += k_block_size;
    compress(state, load(bytes.first(k_block_size)), count, false);
  }
  compress(state, load(bytes), count + bytes.size(), true);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(state[i / 8] >> (8 * (i % 8)));
}

}  // namespace rootcellar
