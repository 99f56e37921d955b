// Reads frames from wherever their volume lies now, and lets nothing through that is not what was signed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/base/io.h"
#include "bundle/base/parallel.h"
#include "bundle/index.h"
#include "bundle/index_check.h"
#include "bundle/volumes.h"

namespace rootcellar {

/// Lends memory for frames and takes it back: fresh pages for each frame cost a good part of what reading and hashing it does. Thread-safe;
/// what is lent may outlive it.
class FrameMemory {
 public:
  FrameMemory();
  /// Empty or with bytes of an earlier frame; one owner writes, then shares.
  std::shared_ptr<Bytes> lend();

 private:
  using Spare = Guarded<std::vector<std::unique_ptr<Bytes>>>;
  std::shared_ptr<Spare> spare_;
};

/// Thread-safe. Holds files of one volume open at a time, so that the medium of another can be taken out.
class FrameReader {
 public:
  FrameReader(const Index& index, const IndexMap& map) : index_(index), map_(map) {}

  /// Replaces what is known about a volume's copies.
  void set_copies(std::uint32_t volume, std::vector<std::string> paths);
  bool has(std::uint32_t volume);
  /// The raw bytes of a frame. When no copy has what was signed: TrustError with file and bytes. A medium that went away: SystemError with
  /// the cure.
  std::shared_ptr<const Bytes> read(std::size_t frame);
  /// Closes all files.
  void release();

 private:
  struct OpenFile {
    Fd fd;
    std::string path;
  };
  using Copies = std::vector<std::shared_ptr<OpenFile>>;
  struct Known {
    std::map<std::uint32_t, std::vector<std::string>> paths;
    std::uint32_t open_volume = 0;
    Copies open;
  };
  Copies copies_of(std::uint32_t volume);
  static Copies open_copies(const std::vector<std::string>& paths);
  bool read_stored(const OpenFile& file, std::size_t number, Bytes& stored) const;

  const Index& index_;
  const IndexMap& map_;
  Guarded<Known> known_;
  FrameMemory memory_;
};

/// What the kernel says of a medium that was pulled out or is failing.
bool medium_is_gone(int error);
/// SystemError for a read that failed with `error`, with the cure when the medium went away.
[[noreturn]] void throw_read_error(const std::string& path, int error);
/// pread of all of `into`; what went wrong is told by throw_read_error(). False when the file ends before.
bool read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset, const std::string& path);
/// TrustError: bytes `offset` to `offset + size` of the volume file are not what was signed.
[[noreturn]] void throw_altered(const std::string& path, std::uint64_t offset, std::uint64_t size, std::string_view thing);

}  // namespace rootcellar
