// What is in a bundle and where: frames, chunks, blobs, images, files, and the appliance. Authenticated by the header before it is decoded.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bundle/appliance.h"
#include "bundle/base/digest.h"

namespace rootcellar {

enum class Codec : std::uint8_t { stored = 0, zstd = 1 };  // 2 = zstd with prefix (delta), later

/// A unit of storage: independent, verified by its digest before it is decoded. Frames lie back to back, in order, in the volumes.
struct FrameEntry {
  std::uint32_t stored_size = 0;
  std::uint32_t raw_size = 0;
  Digest digest;  ///< of the stored bytes
  Codec codec = Codec::stored;
  std::uint8_t filter = 0;   ///< 0: none; others are refused by this version
  std::uint32_t volume = 1;  ///< from 1, never decreasing
};

/// A run of raw bytes inside one frame; chunks fill frames in order, so positions follow from sizes.
struct ChunkEntry {
  std::uint32_t size = 0;
};

/// `count` chunks from number `first`.
struct Extent {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

enum class BlobMode : std::uint8_t { file = 0, asis = 1 };  // 2 = exact, 3 = rewrite, later

/// A thing with a digest: layer, config, manifest, deb, program. Its bytes are its extents one after the other.
struct BlobEntry {
  Digest digest;
  std::uint64_t size = 0;
  BlobMode mode = BlobMode::asis;
  std::vector<Extent> extents;
};

/// A manifest or manifest list/index of an image.
struct ManifestEntry {
  Digest digest;  ///< also a blob
  std::string media_type;
  std::vector<Digest> blobs;  ///< config and layers; empty for an index
};

/// An image as a registry serves it, by its upstream name.
struct ImageEntry {
  std::string repository;                ///< "docker.io/library/nginx": upstream host first
  std::vector<std::string> tags;         ///< "1.22"; may be empty (pulled by digest)
  Digest digest;                         ///< what the tag points to: an index or a manifest
  std::vector<ManifestEntry> manifests;  ///< `digest` first, then the chosen platform's
};

/// A named file of the bundle: deb, apt index, program, recipe output. `path` is a RelPath, unique.
struct FileEntry {
  std::string path;
  Digest digest;
  std::uint64_t size = 0;
};

struct Index {
  std::vector<FrameEntry> frames;
  std::vector<ChunkEntry> chunks;
  std::vector<BlobEntry> blobs;    ///< in storage order: reading them in order touches volumes 1..n once
  std::vector<ImageEntry> images;  ///< sorted by repository, digest
  std::vector<FileEntry> files;    ///< sorted by path
  Appliance appliance;
};

/// Raw (uncompressed) canonical bytes. FORMAT.md section 5.
std::string encode_index(const Index& index);
/// Strict and bounded: sorted tables, minimal varints, sums that fit, every reference resolved. Faults are InputErrors naming `what`.
/// REQUIRES: `raw` is authenticated.
Index decode_index(std::string_view raw, std::string_view what);

/// An upper bound of the stored index size for blobs of these sizes and this much table text, known before the first frame.
struct IndexBoundInput {
  std::vector<std::pair<std::uint64_t, BlobMode>> blobs;  ///< size, mode
  std::uint64_t table_bytes = 0;                          ///< encoded images + files + appliance, exactly
};
std::uint64_t bound_index_size(const IndexBoundInput& input);
/// Encoded bytes of images, files and appliance: for IndexBoundInput::table_bytes.
std::uint64_t index_table_bytes(const Index& tables);

}  // namespace rootcellar
