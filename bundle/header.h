// The signed text of a bundle: a small canonical document that binds everything else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bundle/base/digest.h"

namespace rootcellar {

/// Facts of a bundle as signed. FORMAT.md section 3 is the grammar.
struct Header {
  std::string product;           ///< [a-z0-9][a-z0-9-]{0,31}
  std::string variant;           ///< same grammar
  std::string architecture;      ///< Debian's name, "amd64"
  std::uint64_t serial = 0;      ///< only grows; a lower one is refused on a target that has seen a higher
  std::int64_t created = 0;      ///< UTC seconds; the newest input's time
  std::int64_t expires = 0;      ///< UTC seconds
  std::string installer_min;     ///< least version of rootcellar-install, "0.1.0"
  std::string base = "none";     ///< bundle id a delta needs
  Digest index_digest;           ///< SHA-256 of the stored index bytes
  std::uint64_t index_size = 0;  ///< stored bytes
  std::uint64_t index_raw = 0;   ///< bytes after zstd
  std::uint64_t frames = 0;
  std::uint64_t payload = 0;  ///< stored bytes of all frames
  std::uint32_t volumes = 0;
  std::string zstd;     ///< libzstd that made the frames
  std::string builder;  ///< version of rootcellar that made it

  bool operator==(const Header&) const = default;
};

/// Canonical text: "rootcellar-1\n" then "key: value\n" in a fixed order, ASCII.
std::string encode_header(const Header& header);
/// Strict: only what encode_header writes is accepted, byte for byte. A fault is an InputError naming `what`.
Header decode_header(std::string_view text, std::string_view what);
/// First 16 bytes of SHA-256 of the text, as 32 hex digits: names the bundle.
std::string bundle_id(std::string_view header_text);
/// The one line that a signature's trusted comment holds: "rootcellar PRODUCT-VARIANT serial N arch A expires T id ID".
std::string trusted_comment(const Header& header);
/// "PRODUCT-VARIANT-SERIAL-ARCH.vNN.cellar", NN from 01.
std::string volume_file_name(const Header& header, std::uint32_t volume);
/// What is printed on a stick's label: "PRODUCT-VARIANT-SERIAL-ARCH".
std::string bundle_name(const Header& header);

}  // namespace rootcellar
