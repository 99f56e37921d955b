// The plain tar in which unpacked data travels: written by the builder from any archive, read on site by a reader that believes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "bundle/base/io.h"

namespace rootcellar {

inline constexpr std::uint64_t k_tree_entries = 1'000'000;  ///< their names are held in memory

/// One member. Paths are relative and lead nowhere else (RelPath).
struct TreeEntry {
  enum class Kind { file, directory, symlink, hardlink } kind = Kind::file;
  std::string path;
  std::uint32_t mode = 0644;
  std::uint64_t size = 0;  ///< of a file
  std::string target;      ///< symlink: relative to its own folder; hardlink: the path of a file that came before
  bool operator==(const TreeEntry&) const = default;
};

/// The blocks before a member's content, after POSIX.1-2008's pax: no time, no owner, nothing of a machine.
std::string tree_header(const TreeEntry& entry);
/// Zeros that fill the content's last block.
std::string tree_padding(std::uint64_t size);
/// The two blocks that end it.
std::string tree_end();

/// Why a member may not follow those before it; empty: it may. Both sides ask: a folder comes before what is in it, nothing comes twice,
/// no link leads out of the tree or through another link.
class TreeRules {
 public:
  std::string fault(const TreeEntry& entry);

 private:
  std::set<std::string, std::less<>> directories_, files_, links_;
};

/// What the members are given to.
class TreeReceiver {
 public:
  virtual ~TreeReceiver() = default;
  virtual void begin(const TreeEntry& entry) = 0;
  virtual void content(ByteView bytes) = 0;  ///< of a file
  virtual void end(const TreeEntry& entry) = 0;
};

/// Takes a tar as tree_header() writes it and nothing else. Faults are InputErrors that name `what`.
class TreeReader final : public Sink {
 public:
  TreeReader(TreeReceiver& receiver, std::string what) : receiver_(receiver), what_(std::move(what)) {}
  void write(ByteView bytes) override;
  /// After the last byte: the end was there.
  void finish() const;

 private:
  [[noreturn]] void fail(const std::string& reason) const;
  void take_block();
  void take_end_block();
  void take_records();
  void take_content(ByteView bytes);
  void begin_member();

  TreeReceiver& receiver_;
  std::string what_;
  TreeRules rules_;
  std::array<std::uint8_t, 512> block_{};
  std::size_t fill_ = 0;
  TreeEntry entry_;
  std::uint64_t left_ = 0;     // of the content
  std::uint64_t padding_ = 0;  // after it
  bool in_records_ = false;
  std::string records_;
  std::string long_path_, long_target_;  // what the records say of the next member
  std::uint64_t long_size_ = 0;
  unsigned ends_ = 0;  // end blocks seen
  std::uint64_t entries_ = 0;
};

}  // namespace rootcellar
