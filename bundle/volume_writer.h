// The files of a bundle being written: temporary names, one lock, and all of them in place at the end or none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/base/io.h"
#include "bundle/header.h"
#include "bundle/volume_layout.h"

namespace rootcellar {

class VolumeWriter {
 public:
  /// Creates `directory` when needed, takes the lock "NAME.lock" in it and begins volume 1. Another build of the same name is a
  /// SystemError.
  VolumeWriter(std::string directory, const Header& facts);
  ~VolumeWriter();  ///< without publish(): removes everything it wrote
  VolumeWriter(const VolumeWriter&) = delete;

  /// From here on frames go to the next volume.
  void begin_next();
  void append_frame(ByteView stored);
  std::uint32_t volume() const { return static_cast<std::uint32_t>(volumes_.size()); }
  std::uint64_t payload() const { return volumes_.back().payload; }

  /// Writes index and header pages to every volume, syncs, and renames all into place. Returns their paths.
  std::vector<std::string> publish(ByteView index, std::string_view header_text, const std::vector<Signature>& signatures);

 private:
  struct Volume {
    std::string path;  // final
    std::string temporary;
    std::uint64_t first_frame = 0;
    std::uint64_t frames = 0;
    std::uint64_t payload = 0;
  };
  VolumeHeader page_of(std::size_t i, ByteView index, std::string_view header_text, const std::vector<Signature>& signatures) const;
  void complete(const Volume& volume, const VolumeHeader& page, ByteView index);
  void remove_older_volumes() const;

  std::string directory_;
  Header facts_;
  std::string lock_path_;
  std::unique_ptr<FileLock> lock_;
  std::vector<Volume> volumes_;
  Fd fd_;  // of the last volume
  std::size_t published_ = 0;
  bool finished_ = false;
};

}  // namespace rootcellar
