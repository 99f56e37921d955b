// The builder's content-addressed cache: what was fetched once is not fetched again; several builds may share it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bundle/base/digest.h"
#include "bundle/base/file.h"
#include "bundle/base/io.h"
#include "bundle/bundle_writer.h"

namespace rootcellar {

/// Layout: ROOT/blobs/sha256/xx/HEX, ROOT/frames/xx/HEX, ROOT/apt/..., ROOT/roots/... Files appear by rename, complete and verified.
class Cache {
 public:
  /// Default root: $ROOTCELLAR_CACHE, else $XDG_CACHE_HOME/rootcellar, else ~/.cache/rootcellar.
  static std::string default_root();
  explicit Cache(std::string root);

  const std::string& root() const { return root_; }
  /// Path of a blob when it is there, with this size if one is given.
  std::optional<std::string> find(const Digest& digest, std::optional<std::uint64_t> size) const;
  std::string blob_path(const Digest& digest) const;

  /// A blob being filled: hashed while it is written; commit() refuses another digest or size. A partial file of an interrupted fetch of
  /// the same digest is resumed: `offset()` bytes are already there (and hashed). A second process filling the same digest waits on a lock,
  /// then finds it done.
  class Filling : public Sink {
   public:
    virtual std::uint64_t offset() const = 0;
    virtual void restart() = 0;        ///< drop what is there, the server sends from the start
    virtual std::string commit() = 0;  ///< the blob's path
  };
  /// Nothing when another process completed it meanwhile. `what` names the thing in errors. Without a size only the digest is checked.
  std::unique_ptr<Filling> fill(const Digest& digest, std::optional<std::uint64_t> size, std::string what);
  /// Stores bytes whose digest is not known yet (recipes, local files); returns digest and size.
  std::pair<Digest, std::uint64_t> store(Source& bytes);
  /// Drops a blob that turned out not to be what its name says (a disk that lies); the next fill() fetches it again.
  void forget(const Digest& digest);
  /// Frames of earlier builds, for BundleWriterOptions::cache. At most `limit` bytes are kept, those used last.
  std::unique_ptr<FrameCache> frame_cache(std::uint64_t limit = k_frames_limit) const;
  static constexpr std::uint64_t k_frames_limit = std::uint64_t{2} << 30;

 private:
  std::string root_;
};

}  // namespace rootcellar
