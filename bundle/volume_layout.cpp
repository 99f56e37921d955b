#include "bundle/volume_layout.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "bundle/base/digest.h"
#include "bundle/base/text.h"
#include "bundle/header.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

// As PNG's (RFC 2083 section 3.1): a byte with the high bit, a name, and every line end, so that a transfer that changes text is noticed.
constexpr std::array<std::uint8_t, 8> k_magic{0x89, 'R', 'C', 'B', 0x0d, 0x0a, 0x1a, 0x0a};
constexpr std::uint16_t k_major = 1;
constexpr std::uint16_t k_minor = 0;

constexpr std::size_t k_at_major = 8, k_at_minor = 10, k_at_flags = 12, k_at_id = 16, k_at_volume = 32, k_at_volumes = 36,
                      k_at_first_frame = 40, k_at_frame_count = 48, k_at_index_offset = 56, k_at_index_size = 64, k_at_payload = 72,
                      k_at_text_size = 252, k_at_text = 256, k_at_signature_count = 2300, k_at_signatures = 2304, k_signature_slot = 192,
                      k_at_comment_size = 3840, k_at_comment = 3842, k_at_crc = 4092;
static_assert(k_at_text + limits::k_header_text == k_at_signature_count);
static_assert(k_at_signatures + limits::k_signatures * k_signature_slot == k_at_comment_size);
static_assert(k_at_comment + limits::k_trusted_comment == k_at_crc);

template <typename Number>
void put(Bytes& page, std::size_t at, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) page[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <typename Number>
Number get(ByteView page, std::size_t at) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = static_cast<Number>(value | static_cast<Number>(page[at + i]) << (8 * i));
  return value;
}

void put_bytes(Bytes& page, std::size_t at, ByteView bytes) {
  std::copy(bytes.begin(), bytes.end(), page.begin() + static_cast<std::ptrdiff_t>(at));
}

template <typename Array>
void take(ByteView page, std::size_t at, Array& into) {
  std::memcpy(into.data(), page.data() + at, into.size());
}

void put_signature(Bytes& page, std::size_t at, const Signature& signature) {
  put_bytes(page, at, as_bytes({signature.algorithm.data(), 2}));
  put_bytes(page, at + 2, signature.key_id);
  put_bytes(page, at + 10, signature.signature);
  put_bytes(page, at + 74, signature.global_signature);
}

Signature get_signature(ByteView page, std::size_t at, std::string_view comment) {
  Signature signature;
  take(page, at, signature.algorithm);
  take(page, at + 2, signature.key_id);
  take(page, at + 10, signature.signature);
  take(page, at + 74, signature.global_signature);
  signature.trusted_comment = comment;
  return signature;
}

bool one_printable_line(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void put_signatures(Bytes& page, const std::vector<Signature>& signatures) {
  assert(signatures.size() <= limits::k_signatures);
  put(page, k_at_signature_count, static_cast<std::uint32_t>(signatures.size()));
  std::size_t at = k_at_signatures;
  for (const Signature& signature : signatures) {
    put_signature(page, at, signature);
    at += k_signature_slot;
  }
  if (signatures.empty()) return;
  const std::string& comment = signatures.front().trusted_comment;
  assert(comment.size() <= limits::k_trusted_comment);
  put(page, k_at_comment_size, static_cast<std::uint16_t>(comment.size()));
  put_bytes(page, k_at_comment, as_bytes(comment));
}

void get_locators(ByteView page, VolumeHeader& header) {
  header.id = hex_encode(page.subspan(k_at_id, 16));
  header.volume = get<std::uint32_t>(page, k_at_volume);
  header.volumes = get<std::uint32_t>(page, k_at_volumes);
  header.first_frame = get<std::uint64_t>(page, k_at_first_frame);
  header.frame_count = get<std::uint64_t>(page, k_at_frame_count);
  header.index_offset = get<std::uint64_t>(page, k_at_index_offset);
  header.index_size = get<std::uint64_t>(page, k_at_index_size);
  header.payload = get<std::uint64_t>(page, k_at_payload);
}

std::string locator_fault(const VolumeHeader& header) {
  if (header.volumes < 1 || header.volumes > limits::k_volumes)
    return cat("it claims to be of ", header.volumes, " volumes, at most ", limits::k_volumes, " are allowed");
  if (header.volume < 1 || header.volume > header.volumes) return cat("it claims to be volume ", header.volume, " of ", header.volumes);
  if (header.frame_count > limits::k_frames || header.first_frame > limits::k_frames) return "its frame numbers are out of bounds";
  if (header.payload > limits::k_max_volume_size) return "its payload is out of bounds";
  if (header.index_size < 1 || header.index_size > limits::k_index_stored) return "its index size is out of bounds";
  if (header.index_offset != limits::k_header_size + header.payload) return "its index is not where its frames end";
  return {};
}

std::string text_fault(ByteView page, VolumeHeader& header) {
  auto size = get<std::uint32_t>(page, k_at_text_size);
  if (size < 1 || size > limits::k_header_text) return "its signed text is out of bounds";
  header.header_text = as_text(page.subspan(k_at_text, size));
  if (bundle_id(header.header_text) != header.id) return "its bundle id is not that of its signed text";
  return {};
}

std::string signatures_fault(ByteView page, VolumeHeader& header) {
  auto count = get<std::uint32_t>(page, k_at_signature_count);
  auto comment_size = get<std::uint16_t>(page, k_at_comment_size);
  if (count > limits::k_signatures) return cat("it claims ", count, " signatures, at most ", limits::k_signatures, " are allowed");
  if (comment_size > limits::k_trusted_comment) return "its trusted comment is out of bounds";
  std::string_view comment = as_text(page.subspan(k_at_comment, comment_size));
  if (!one_printable_line(comment)) return "its trusted comment is not one line of ASCII";
  for (std::size_t i = 0; i < count; ++i) header.signatures.push_back(get_signature(page, k_at_signatures + i * k_signature_slot, comment));
  return {};
}

std::string page_fault(ByteView page, VolumeHeader& header) {
  auto major = get<std::uint16_t>(page, k_at_major);
  if (get<std::uint32_t>(page, k_at_crc) != crc32c(page.first(k_at_crc))) return "its header is damaged";
  if (major != k_major) return cat("it is of format ", major, ", expected format ", k_major);
  if (get<std::uint32_t>(page, k_at_flags) != 0) return "it uses features this version does not know";
  get_locators(page, header);
  for (std::string fault : {locator_fault(header), text_fault(page, header), signatures_fault(page, header)}) {
    if (!fault.empty()) return fault;
  }
  // What is written must be all there is: no room for bytes nobody checks. A later minor version may use them.
  bool same_minor = get<std::uint16_t>(page, k_at_minor) == k_minor;
  Bytes again = encode_volume_header(header);
  if (same_minor && !std::equal(page.begin(), page.end(), again.begin())) return "its header is not in canonical form";
  return {};
}

}  // namespace

std::uint64_t VolumeHeader::file_size() const { return index_offset + index_size + limits::k_header_size; }

Bytes encode_volume_header(const VolumeHeader& header) {
  Bytes page(limits::k_header_size);
  put_bytes(page, 0, k_magic);
  put(page, k_at_major, k_major);
  put(page, k_at_minor, k_minor);
  put_bytes(page, k_at_id, *hex_decode(header.id));
  put(page, k_at_volume, header.volume);
  put(page, k_at_volumes, header.volumes);
  put(page, k_at_first_frame, header.first_frame);
  put(page, k_at_frame_count, header.frame_count);
  put(page, k_at_index_offset, header.index_offset);
  put(page, k_at_index_size, header.index_size);
  put(page, k_at_payload, header.payload);
  assert(header.header_text.size() <= limits::k_header_text);
  put(page, k_at_text_size, static_cast<std::uint32_t>(header.header_text.size()));
  put_bytes(page, k_at_text, as_bytes(header.header_text));
  put_signatures(page, header.signatures);
  put(page, k_at_crc, crc32c(ByteView(page).first(k_at_crc)));
  return page;
}

VolumeHeaderReading decode_volume_header(ByteView page) {
  VolumeHeaderReading reading;
  reading.is_volume = page.size() == limits::k_header_size && std::equal(k_magic.begin(), k_magic.end(), page.begin());
  reading.fault = reading.is_volume ? page_fault(page, reading.header) : "it is not a rootcellar volume";
  return reading;
}

}  // namespace rootcellar
