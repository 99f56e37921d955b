// Every bound a reader of the format enforces before it uses a number, with its reason.
#pragma once

#include <cstdint>

namespace rootcellar::limits {

inline constexpr std::uint32_t k_header_size = 4096;               ///< one page; read in one go from any medium
inline constexpr std::uint32_t k_header_text = 2044;               ///< the signed text stays on one page with its signatures
inline constexpr std::uint32_t k_signatures = 8;
inline constexpr std::uint64_t k_volume_size = 4294901760;         ///< 4 GiB - 64 KiB: the largest file FAT32 takes is 4 GiB - 1
inline constexpr std::uint64_t k_min_volume_size = 1u << 20;
inline constexpr std::uint32_t k_volumes = 999;
inline constexpr std::uint32_t k_frame_raw = 8u << 20;             ///< bounds memory: raw and stored bytes of a frame
inline constexpr std::uint32_t k_frame_stored = k_frame_raw;       ///< a frame that grows is stored raw
inline constexpr std::uint64_t k_index_stored = 64u << 20;         ///< 4 TB of frames need about 20 MB
inline constexpr std::uint64_t k_index_raw = 256u << 20;
inline constexpr std::uint64_t k_blob_size = std::uint64_t{1} << 42;
inline constexpr std::uint32_t k_chunk_min = 16u << 10;
inline constexpr std::uint32_t k_chunk_avg = 64u << 10;
inline constexpr std::uint32_t k_chunk_max = 256u << 10;

}  // namespace rootcellar::limits
