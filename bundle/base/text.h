// Small pure operations on text: joining, splitting, numbers, sizes, times, spelling.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rootcellar {

namespace text_detail {
inline void append(std::string& out, std::string_view piece) { out.append(piece); }
inline void append(std::string& out, char piece) { out.push_back(piece); }
template <typename Number>
requires std::is_arithmetic_v<Number>
void append(std::string& out, Number piece) { out.append(std::to_string(piece)); }
}  // namespace text_detail

/// Joins strings, characters and numbers.
template <typename... Pieces>
std::string cat(const Pieces&... pieces) {
  std::string out;
  (text_detail::append(out, pieces), ...);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator);
/// The pieces look into the text: of one that nobody keeps they would outlive it.
template <typename Text>
requires std::is_same_v<Text, std::string> std::vector<std::string_view> split(Text&& text, char separator)
= delete;
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower_ascii(std::string_view text);

/// Decimal digits only, no sign, no leading zeros, no overflow; otherwise nothing.
std::optional<std::uint64_t> parse_u64(std::string_view text);
/// "64MiB", "4GiB", "700M" (powers of 1024 for K/M/G/T with or without "iB", powers of 1000 for kB/MB/GB/TB), "123".
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "1.2 GB" in powers of 1000, as sticks and disks are sold; exact bytes below 1000.
std::string human_size(std::uint64_t bytes);
/// "3 s", "4 min 10 s", "2 h 5 min".
std::string human_duration(std::uint64_t seconds);

/// RFC 3339 in UTC to the second: "2026-11-21T06:03:00Z".
std::string format_time(std::int64_t unix_seconds);
std::optional<std::int64_t> parse_time(std::string_view text);

std::string hex_encode(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> hex_decode(std::string_view text);  ///< lower case only
std::string base64_encode(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text);  ///< canonical, padded

/// The candidate nearest to `word` by edit distance, when near enough to be a typing slip.
std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates);
/// Length of the well-formed UTF-8 sequence (RFC 3629) at the front of `text`, or 0 when there is none. REQUIRES: `text` is not empty.
std::size_t utf8_sequence(std::string_view text);
/// Text from outside made safe for a terminal: control characters become \xNN, cut at `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 400);

}  // namespace rootcellar
