// The root filesystem mmdebstrap made, on its way to becoming an image layer: traces of the builder left out, paths removed, files added.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/io.h"

namespace rootcellar {

struct LayerFile {
  std::string text;  ///< the content, or
  std::string path;  ///< where on this machine it is
  std::uint64_t size = 0;
  std::uint32_t mode = 0644;
};

struct LayerChanges {
  std::map<std::string, LayerFile> files;  ///< path in the image without the leading '/'
  std::set<std::string> remove;            ///< likewise; folders with all they hold
  std::int64_t time = 0;                   ///< of added files and folders
};

/// Reads a tar stream (ustar with pax or GNU long names) and is the changed one. Kept members pass byte for byte; added ones follow at the
/// end in order. REQUIRES: links between folders ("bin -> usr/bin") come before what is in their targets, as in a sorted tar.
class LayerTar final : public Source {
 public:
  LayerTar(Source& tar, LayerChanges changes) : tar_(tar), changes_(std::move(changes)) {}
  /// InputError at the end when a path to remove was not there, or when a kept file is a hard link to a removed one.
  std::size_t read(std::span<std::uint8_t> into) override;
  /// var/lib/dpkg/status of the layer. REQUIRES: read to the end.
  const std::string& dpkg_status() const { return dpkg_status_; }

 private:
  struct Member {
    std::string name, link;
    char type = '0';
    std::uint64_t size = 0;
    std::optional<std::uint64_t> long_size;  ///< from a pax record
    Bytes head;                              ///< all header blocks, with extension records
  };
  bool next_member(Member& member);
  void read_extension(Member& member, char type, std::uint64_t size);
  bool wanted(const Member& member);
  void follow_link(const Member& member);
  void take(Member& member);
  void skip(std::uint64_t bytes);
  void finish();
  void add_file(const std::string& path, const LayerFile& file);
  void add_head(const std::string& path, char type, std::uint32_t mode, std::uint64_t size);
  void fill();

  Source& tar_;
  LayerChanges changes_;
  std::set<std::string> seen_, removed_, dropped_;
  std::string dpkg_status_;
  Bytes out_;
  std::size_t out_at_ = 0;
  std::uint64_t pass_ = 0;  ///< content of the member to pass on
  bool ended_ = false;
};

}  // namespace rootcellar
