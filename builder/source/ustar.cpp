#include "builder/source/ustar.h"

#include <cstring>
#include <span>

namespace rootcellar {
namespace {

void put_octal(std::span<std::uint8_t> into, std::uint64_t value) {
  for (std::size_t i = into.size() - 1; i-- > 0; value >>= 3) into[i] = static_cast<std::uint8_t>('0' + (value & 7));
}

void put_text(std::span<std::uint8_t> into, std::string_view text) { std::memcpy(into.data(), text.data(), text.size()); }

}  // namespace

std::optional<std::array<std::uint8_t, k_tar_block>> ustar_header(const UstarItem& item) {
  const std::string_view name = item.name;
  std::size_t cut = 0;
  if (name.size() > 100) cut = name.find('/', name.size() - 101);
  if (cut == std::string_view::npos || cut > 155 || cut + 1 == name.size()) return std::nullopt;
  std::array<std::uint8_t, k_tar_block> header{};
  const std::span<std::uint8_t> bytes(header);
  put_text(bytes.subspan(0), name.substr(cut == 0 ? 0 : cut + 1));
  put_octal(bytes.subspan(100, 8), item.mode);
  put_octal(bytes.subspan(108, 8), 0);
  put_octal(bytes.subspan(116, 8), 0);
  put_octal(bytes.subspan(124, 12), item.size);
  put_octal(bytes.subspan(136, 12), item.time);
  header[156] = static_cast<std::uint8_t>(item.type);
  put_text(bytes.subspan(257), std::string_view("ustar\00000", 8));
  if (cut > 0) put_text(bytes.subspan(345), name.substr(0, cut));
  put_text(bytes.subspan(148), "        ");
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : header) sum += byte;
  put_octal(bytes.subspan(148, 7), sum);
  header[154] = 0;
  header[155] = ' ';
  return header;
}

}  // namespace rootcellar
