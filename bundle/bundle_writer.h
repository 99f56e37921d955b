// Writing a bundle: blobs in, signed volumes out, in one pass and with bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bundle/base/io.h"
#include "bundle/base/progress.h"
#include "bundle/base/signing.h"
#include "bundle/header.h"
#include "bundle/index.h"
#include "bundle/limits.h"

namespace rootcellar {

/// Compressed frames kept between builds, by key. Implementations may lose entries at any time and must be safe for parallel builds.
class FrameCache {
 public:
  virtual ~FrameCache() = default;
  virtual bool lookup(const Digest& key, Bytes& stored) = 0;
  virtual void store(const Digest& key, ByteView stored) = 0;
};

struct BundleWriterOptions {
  std::string directory;  ///< where volumes are written
  std::uint64_t volume_size = limits::k_volume_size;
  std::uint64_t index_bound = 0;  ///< from bound_index_size(): kept free in every volume; REQUIRES: not 0
  int level = 9;                  ///< zstd level of file-mode frames
  unsigned jobs = 1;
  FrameCache* cache = nullptr;
};

class BundleWriter {
 public:
  /// `facts` supplies product, variant, architecture, serial, created, expires, installer_min, base, builder. Volumes are written under
  /// temporary names ("NAME.partial") until finish(). A lock file in the directory refuses a second build of the same bundle name.
  /// `progress` is advanced by the raw bytes of every blob added, present or not; beginning and ending the task is the caller's.
  BundleWriter(Header facts, BundleWriterOptions options, Progress& progress);
  ~BundleWriter();  ///< without finish(): removes everything it wrote
  BundleWriter(const BundleWriter&) = delete;

  /// Appends a blob; one already present (by digest) is not read. The bytes are hashed while they move: another digest or size is an
  /// InputError naming `what`. file mode: content-defined chunks, cut at tar member boundaries where the bytes are a tar, deduplicated
  /// inside a volume.
  void add_blob(const Digest& digest, std::uint64_t size, BlobMode mode, Source& bytes, std::string_view what);
  bool has_blob(const Digest& digest) const;

  /// Writes the index to every volume, signs the header with every key, syncs, renames all volumes into place. Returns their paths.
  /// `tables` supplies images, files and appliance, in any order. Volumes of an earlier build of the same name are replaced.
  std::vector<std::string> finish(Index tables, const std::vector<const SecretKey*>& signers);
  const Header& header() const;  ///< complete after finish()

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rootcellar
