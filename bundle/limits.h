// Every bound a reader of the format enforces before it uses a number, with its reason.
#pragma once

#include <cstdint>

namespace rootcellar::limits {

inline constexpr std::uint32_t k_header_size = 4096;     ///< one page; read in one go from any medium
inline constexpr std::uint32_t k_header_text = 2044;     ///< the signed text stays on one page with its signatures
inline constexpr std::uint32_t k_trusted_comment = 250;  ///< the rest of that page
inline constexpr std::uint32_t k_signatures = 8;
inline constexpr std::uint32_t k_trusted_keys = 64;         ///< keys in one trust file: more than any team has hands
inline constexpr std::uint64_t k_volume_size = 4294901760;  ///< 4 GiB - 64 KiB: the largest file FAT32 takes is 4 GiB - 1
inline constexpr std::uint64_t k_min_volume_size = 1u << 20;
inline constexpr std::uint64_t k_max_volume_size = std::uint64_t{1} << 42;  ///< larger than any medium; sums of offsets stay far from 2^64
inline constexpr std::uint32_t k_volumes = 999;
inline constexpr std::uint64_t k_payload = k_volumes * k_max_volume_size;
inline constexpr std::uint32_t k_frame_raw = 8u << 20;        ///< bounds memory: raw and stored bytes of a frame
inline constexpr std::uint32_t k_frame_stored = k_frame_raw;  ///< a frame that grows is stored raw
inline constexpr std::uint32_t k_frame_least =
    512u << 10;  ///< a writer starts the next volume rather than a frame with less room: bounds the number of frames
inline constexpr std::uint64_t k_frames = 1u << 22;         ///< 32 TiB of full frames
inline constexpr std::uint64_t k_index_stored = 64u << 20;  ///< 4 TB of frames need about 20 MB
inline constexpr std::uint64_t k_index_raw = 256u << 20;
inline constexpr std::uint64_t k_blob_size = std::uint64_t{1} << 42;
inline constexpr std::uint32_t k_chunk_min = 16u << 10;
inline constexpr std::uint32_t k_chunk_avg = 64u << 10;
inline constexpr std::uint32_t k_chunk_max = 256u << 10;
inline constexpr std::uint32_t k_member_cut =
    8u << 10;  ///< tar members from this size on get chunks of their own: bounds the number of chunks
inline constexpr std::uint32_t k_dictionary = 1u << 20;     ///< chunks a writer remembers in one volume: about 64 MiB of memory
inline constexpr std::uint32_t k_name = 4096;               ///< bytes of a path, repository, tag or media type
inline constexpr std::uint64_t k_appliance = 8u << 20;      ///< bytes of the appliance section
inline constexpr std::uint64_t k_appliance_items = 100000;  ///< members of one list in it: a full distribution has 60000 packages

}  // namespace rootcellar::limits
