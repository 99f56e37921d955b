#include "bundle/base/text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace rootcellar {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

int hex_value(char letter) {
  if (is_digit(letter)) return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  return -1;
}

struct SizeUnit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t k_ki = 1024;
constexpr SizeUnit k_size_units[] = {
    {"", 1},
    {"B", 1},
    {"K", k_ki},
    {"KiB", k_ki},
    {"kB", 1000},
    {"M", k_ki* k_ki},
    {"MiB", k_ki* k_ki},
    {"MB", 1000'000},
    {"G", k_ki* k_ki* k_ki},
    {"GiB", k_ki* k_ki* k_ki},
    {"GB", 1000'000'000},
    {"T", k_ki* k_ki* k_ki* k_ki},
    {"TiB", k_ki* k_ki* k_ki* k_ki},
    {"TB", 1000'000'000'000},
};

const SizeUnit* find_size_unit(std::string_view name) {
  const auto* unit = std::find_if(std::begin(k_size_units), std::end(k_size_units), [&](const SizeUnit& u) { return u.name == name; });
  return unit == std::end(k_size_units) ? nullptr : unit;
}

// Days from civil date and back: the proleptic Gregorian calendar in eras of 400 years (146097 days), counted from 1 March.
struct Date {
  std::int64_t year;
  unsigned month;
  unsigned day;
  bool operator==(const Date&) const = default;
};

constexpr std::int64_t k_days_per_era = 146097;
constexpr std::int64_t k_days_to_epoch = 719468;  // from 0000-03-01 to 1970-01-01

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

std::int64_t days_from_date(const Date& date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  return era * k_days_per_era + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - k_days_to_epoch;
}

Date date_from_days(std::int64_t days) {
  days += k_days_to_epoch;
  const std::int64_t era = floor_divide(days, k_days_per_era);
  const std::int64_t day = days - era * k_days_per_era;
  const std::int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  const std::int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
  const std::int64_t march_month = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<unsigned>(march_month < 10 ? march_month + 3 : march_month - 9);
  const auto day_of_month = static_cast<unsigned>(day_of_year - (153 * march_month + 2) / 5 + 1);
  return {era * 400 + year + (month <= 2 ? 1 : 0), month, day_of_month};
}

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

unsigned two_digits(std::string_view text, std::size_t at) { return static_cast<unsigned>((text[at] - '0') * 10 + (text[at + 1] - '0')); }

bool has_time_shape(std::string_view text) {
  constexpr std::string_view k_shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != k_shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (k_shape[i] == 'd' ? !is_digit(text[i]) : text[i] != k_shape[i]) return false;
  }
  return true;
}

constexpr std::string_view k_base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint32_t> base64_group(std::string_view four, std::size_t used) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t digit = i < used ? k_base64.find(four[i]) : (four[i] == '=' ? 0 : std::string_view::npos);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 6 | static_cast<std::uint32_t>(digit);
  }
  return value;
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count 1 each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(current);
  }
  return last[b.size()];
}

constexpr char k_hex[] = "0123456789abcdef";

void append_hex(std::string& out, unsigned char byte) {
  out.push_back(k_hex[byte >> 4]);
  out.push_back(k_hex[byte & 15]);
}

std::uint32_t code_point(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]);
  std::uint32_t point = static_cast<unsigned char>(sequence[0]) & (0xFFu >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return point;
}

/// C0, C1, DEL, and the marks that turn the direction of text around and so make it read as something else.
bool is_control(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

std::size_t utf8_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

std::size_t printable_sequence(std::string_view text) {
  const std::size_t length = utf8_sequence(text);
  return length > 0 && is_control(code_point(text.substr(0, length))) ? 0 : length;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out.append(separator);
    out.append(parts[i]);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view k_space = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(k_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0') || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto digits_end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = static_cast<std::size_t>(digits_end - text.begin());
  const std::optional<std::uint64_t> number = parse_u64(text.substr(0, digits));
  const SizeUnit* unit = find_size_unit(text.substr(digits));
  if (!number || unit == nullptr || *number > std::numeric_limits<std::uint64_t>::max() / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1000) return cat(bytes, " B");
  constexpr std::array<std::string_view, 6> k_units{"kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  std::uint64_t whole_unit = 1000;
  // 999,950 already reads "1.0 MB": the next unit begins where rounding would show 1000.0.
  while (unit + 1 < k_units.size() && bytes >= whole_unit * 1000 - whole_unit / 20) {
    whole_unit *= 1000;
    ++unit;
  }
  std::uint64_t whole = bytes / whole_unit;
  std::uint64_t tenths = (bytes % whole_unit + whole_unit / 20) / (whole_unit / 10);
  if (tenths == 10) ++whole, tenths = 0;
  return cat(whole, ".", tenths, " ", k_units[unit]);
}

std::string human_duration(std::uint64_t seconds) {
  if (seconds < 60) return cat(seconds, " s");
  if (seconds < 3600) return seconds % 60 == 0 ? cat(seconds / 60, " min") : cat(seconds / 60, " min ", seconds % 60, " s");
  const std::uint64_t minutes = seconds / 60 % 60;
  return minutes == 0 ? cat(seconds / 3600, " h") : cat(seconds / 3600, " h ", minutes, " min");
}

std::string format_time(std::int64_t unix_seconds) {
  const std::int64_t days = floor_divide(unix_seconds, 86400);
  const std::int64_t second = unix_seconds - days * 86400;
  const Date date = date_from_days(days);
  return cat(padded(date.year, 4), "-", padded(date.month, 2), "-", padded(date.day, 2), "T", padded(second / 3600, 2), ":",
             padded(second / 60 % 60, 2), ":", padded(second % 60, 2), "Z");
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (!has_time_shape(text)) return std::nullopt;
  const Date date{static_cast<std::int64_t>(two_digits(text, 0)) * 100 + two_digits(text, 2), two_digits(text, 5), two_digits(text, 8)};
  const unsigned hour = two_digits(text, 11), minute = two_digits(text, 14), second = two_digits(text, 17);
  if (date.month < 1 || date.month > 12 || date.day < 1 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = days_from_date(date);
  if (date_from_days(days) != date) return std::nullopt;
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

std::string hex_encode(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) append_hex(out, byte);
  return out;
}

std::optional<std::vector<std::uint8_t>> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string base64_encode(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t used = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < used ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) out.push_back(k <= used ? k_base64[group >> (18 - 6 * k) & 63] : '=');
  }
  return out;
}

std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool is_last = i + 4 == text.size();
    const std::size_t padding = !is_last ? 0 : text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    const std::optional<std::uint32_t> group = base64_group(text.substr(i, 4), 4 - padding);
    if (!group) return std::nullopt;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto byte = static_cast<std::uint8_t>(*group >> (16 - 8 * k));
      if (k < 3 - padding)
        out.push_back(byte);
      else if (byte != 0)
        return std::nullopt;  // bits that decode to nothing: not canonical
    }
  }
  return out;
}

std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  std::optional<std::string> nearest;
  std::size_t best = word.size() / 3 + 1;  // one slip in a short word, one more per three letters
  if (word.empty() || word.size() > 64) return std::nullopt;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = candidate.size() > 64 ? word.size() : edit_distance(word, candidate);
    if (distance > best || distance >= std::max(word.size(), candidate.size()) || (nearest && distance == best)) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::size_t utf8_sequence(std::string_view text) {
  const std::size_t length = utf8_length(static_cast<unsigned char>(text[0]));
  if (length <= 1 || text.size() < length) return length == 1 ? 1 : 0;
  const std::string_view rest = text.substr(1, length - 1);
  if (!std::all_of(rest.begin(), rest.end(), [](char byte) { return (byte & 0xC0) == 0x80; })) return 0;
  constexpr std::array<std::uint32_t, 5> k_smallest{0, 0, 0x80, 0x800, 0x10000};
  const std::uint32_t point = code_point(text.substr(0, length));
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < k_smallest[length] || point > 0x10FFFF || surrogate ? 0 : length;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (i >= limit) return out + "...";
    const std::size_t length = printable_sequence(text.substr(i));
    if (length > 0) {
      out.append(text.substr(i, length));
    } else {
      out.append("\\x");
      append_hex(out, static_cast<unsigned char>(text[i]));
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

}  // namespace rootcellar
