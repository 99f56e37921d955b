// Finds where the members of a tar begin and end while its bytes stream by, so that chunks can be cut there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bundle/base/io.h"

namespace rootcellar {

/// Knows ustar, pax and GNU headers (POSIX.1-2008 pax, section "ustar Interchange Format"; GNU tar manual "Basic Tar Format"). It only
/// advises: whatever it does not understand ends its advice, never the bytes.
class TarWalker {
 public:
  /// Looks at the next bytes and appends the offsets, from the first byte ever fed, at which a chunk should end: where the data of a member
  /// of at least limits::k_member_cut bytes begins and where it ends with its padding. Offsets increase and may lie ahead of what was fed.
  void feed(ByteView bytes, std::vector<std::uint64_t>& cuts);
  /// False once something that is no tar header was met.
  bool following() const { return following_; }

 private:
  void take_header(std::vector<std::uint64_t>& cuts);
  void take_data(ByteView bytes);

  std::array<std::uint8_t, 512> header_{};
  std::size_t header_fill_ = 0;
  std::uint64_t position_ = 0;   // of the next byte fed
  std::uint64_t data_left_ = 0;  // of the current member, with padding
  bool in_records_ = false;      // the current member is a pax header small enough to be kept
  std::string records_;
  std::optional<std::uint64_t> next_size_;  // what the records say of the member that follows
  bool following_ = true;
};

}  // namespace rootcellar
