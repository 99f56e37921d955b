// Headers of the tars that we write ourselves: no library's version is in their bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rootcellar {

constexpr std::size_t k_tar_block = 512;

struct UstarItem {
  std::string_view name;  ///< a folder's ends with '/'
  char type = '0';        ///< '0' a file, '5' a folder
  std::uint32_t mode = 0644;
  std::uint64_t size = 0;
  std::uint64_t time = 0;
};

/// The header block of something that root owns, after POSIX.1-1988. Nothing when the name does not fit: 100 bytes, and 155 more before one
/// of its slashes.
std::optional<std::array<std::uint8_t, k_tar_block>> ustar_header(const UstarItem& item);

constexpr std::uint64_t tar_padded(std::uint64_t size) { return (size + k_tar_block - 1) / k_tar_block * k_tar_block; }

}  // namespace rootcellar
