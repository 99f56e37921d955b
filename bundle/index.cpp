#include "bundle/index.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/index_check.h"
#include "bundle/limits.h"
#include "bundle/wire.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_magic = "RCINDEX1";
constexpr std::size_t k_digest_size = 32;

// ---- frames: columns, so that like stands beside like

WireWriter encode_frames(const std::vector<FrameEntry>& frames) {
  WireWriter out;
  out.varint(frames.size());
  for (const FrameEntry& frame : frames) out.byte(static_cast<std::uint8_t>(frame.codec));
  for (const FrameEntry& frame : frames) out.byte(frame.filter);
  for (const FrameEntry& frame : frames) out.varint(frame.stored_size);
  for (const FrameEntry& frame : frames) out.varint(frame.raw_size);
  for (const FrameEntry& frame : frames) out.digest(frame.digest);
  std::vector<std::uint64_t> per_volume;
  for (const FrameEntry& frame : frames) {
    if (per_volume.size() < frame.volume) per_volume.resize(frame.volume);
    ++per_volume[frame.volume - 1];
  }
  out.varint(per_volume.size());
  for (std::uint64_t count : per_volume) out.varint(count);
  return out;
}

void read_frame_volumes(WireReader& in, std::vector<FrameEntry>& frames) {
  std::size_t volumes = in.varint(limits::k_volumes);
  std::size_t next = 0;
  for (std::size_t volume = 1; volume <= volumes; ++volume) {
    std::uint64_t count = in.varint(frames.size() - next);
    if (count == 0) in.fail("a volume without frames");
    for (; count > 0; --count) frames[next++].volume = static_cast<std::uint32_t>(volume);
  }
  if (next != frames.size()) in.fail("frames without a volume");
}

std::vector<FrameEntry> decode_frames(WireReader& in) {
  std::vector<FrameEntry> frames(in.count(k_digest_size + 4));
  if (frames.size() > limits::k_frames) in.fail(cat("expected at most ", limits::k_frames, " frames, found ", frames.size()));
  for (FrameEntry& frame : frames) {
    std::uint8_t codec = in.byte();
    if (codec > 1) in.fail(cat("frame codec ", codec, " is unknown to this version"));
    frame.codec = static_cast<Codec>(codec);
  }
  for (FrameEntry& frame : frames) {
    frame.filter = in.byte();
    if (frame.filter != 0) in.fail(cat("frame filter ", frame.filter, " is unknown to this version"));
  }
  for (FrameEntry& frame : frames) frame.stored_size = static_cast<std::uint32_t>(in.varint(limits::k_frame_stored));
  for (FrameEntry& frame : frames) frame.raw_size = static_cast<std::uint32_t>(in.varint(limits::k_frame_raw));
  for (FrameEntry& frame : frames) frame.digest = in.digest();
  read_frame_volumes(in, frames);
  return frames;
}

// ---- chunks

WireWriter encode_chunks(const std::vector<ChunkEntry>& chunks) {
  WireWriter out;
  out.varint(chunks.size());
  for (const ChunkEntry& chunk : chunks) out.varint(chunk.size);
  return out;
}

std::vector<ChunkEntry> decode_chunks(WireReader& in) {
  std::vector<ChunkEntry> chunks(in.count(1));
  for (ChunkEntry& chunk : chunks) chunk.size = static_cast<std::uint32_t>(in.varint(limits::k_frame_raw));
  return chunks;
}

// ---- blobs: an extent's start is stored as its distance from where the extent before it ended

WireWriter encode_blobs(const std::vector<BlobEntry>& blobs) {
  WireWriter out;
  out.varint(blobs.size());
  for (const BlobEntry& blob : blobs) out.digest(blob.digest);
  for (const BlobEntry& blob : blobs) out.varint(blob.size);
  for (const BlobEntry& blob : blobs) out.byte(static_cast<std::uint8_t>(blob.mode));
  std::uint64_t extents = 0;
  for (const BlobEntry& blob : blobs) extents += blob.extents.size();
  out.varint(extents);
  for (const BlobEntry& blob : blobs) out.varint(blob.extents.size());
  std::uint64_t expected = 0;
  for (const BlobEntry& blob : blobs) {
    for (const Extent& extent : blob.extents) {
      out.varint(zigzag(static_cast<std::int64_t>(extent.first - expected)));
      out.varint(extent.count);
      expected = extent.first + extent.count;
    }
  }
  return out;
}

Extent read_extent(WireReader& in, std::uint64_t expected, std::uint64_t chunks) {
  Extent extent;
  extent.first = expected + static_cast<std::uint64_t>(unzigzag(in.varint(2 * chunks)));
  if (extent.first >= chunks) in.fail("an extent begins outside the chunks");
  extent.count = in.varint(chunks - extent.first);
  if (extent.count == 0) in.fail("an extent without chunks");
  return extent;
}

std::vector<BlobEntry> decode_blobs(WireReader& in, std::uint64_t chunks) {
  std::vector<BlobEntry> blobs(in.count(k_digest_size + 3));
  for (BlobEntry& blob : blobs) blob.digest = in.digest();
  for (BlobEntry& blob : blobs) blob.size = in.varint(limits::k_blob_size);
  for (BlobEntry& blob : blobs) {
    std::uint8_t mode = in.byte();
    if (mode > 1) in.fail(cat("blob mode ", mode, " is unknown to this version"));
    blob.mode = static_cast<BlobMode>(mode);
  }
  std::vector<std::size_t> counts;
  std::size_t left = in.count(2);
  for (std::size_t i = 0; i < blobs.size(); ++i) counts.push_back(in.varint(left)), left -= counts.back();
  if (left != 0) in.fail("extents without a blob");
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    for (std::size_t count = counts[i]; count > 0; --count) {
      blobs[i].extents.push_back(read_extent(in, expected, chunks));
      expected = blobs[i].extents.back().first + blobs[i].extents.back().count;
    }
  }
  return blobs;
}

// ---- images and files

void write_manifest(WireWriter& out, const ManifestEntry& manifest) {
  out.digest(manifest.digest);
  out.text(manifest.media_type);
  out.varint(manifest.blobs.size());
  for (const Digest& blob : manifest.blobs) out.digest(blob);
}

ManifestEntry read_manifest(WireReader& in) {
  ManifestEntry manifest;
  manifest.digest = in.digest();
  manifest.media_type = in.text(limits::k_name);
  manifest.blobs.resize(in.count(k_digest_size));
  for (Digest& blob : manifest.blobs) blob = in.digest();
  return manifest;
}

WireWriter encode_images(const std::vector<ImageEntry>& images) {
  WireWriter out;
  out.varint(images.size());
  for (const ImageEntry& image : images) {
    out.text(image.repository);
    out.digest(image.digest);
    out.varint(image.tags.size());
    for (const std::string& tag : image.tags) out.text(tag);
    out.varint(image.manifests.size());
    for (const ManifestEntry& manifest : image.manifests) write_manifest(out, manifest);
  }
  return out;
}

std::vector<ImageEntry> decode_images(WireReader& in) {
  std::vector<ImageEntry> images(in.count(k_digest_size + 3));
  for (ImageEntry& image : images) {
    image.repository = in.text(limits::k_name);
    image.digest = in.digest();
    for (std::size_t left = in.count(1); left > 0; --left) image.tags.push_back(in.text(limits::k_name));
    for (std::size_t left = in.count(k_digest_size + 2); left > 0; --left) image.manifests.push_back(read_manifest(in));
  }
  return images;
}

WireWriter encode_files(const std::vector<FileEntry>& files) {
  WireWriter out;
  out.varint(files.size());
  for (const FileEntry& file : files) {
    out.text(file.path);
    out.digest(file.digest);
    out.varint(file.size);
  }
  return out;
}

std::vector<FileEntry> decode_files(WireReader& in) {
  std::vector<FileEntry> files(in.count(k_digest_size + 2));
  for (FileEntry& file : files) {
    file.path = in.text(limits::k_name);
    file.digest = in.digest();
    file.size = in.varint(limits::k_blob_size);
  }
  return files;
}

// ---- sections

WireWriter appliance_bytes(const Appliance& appliance) {
  WireWriter out;
  out.raw(encode_appliance(appliance));
  return out;
}

/// The content of the section called `name`. Sections in lower case are optional: unknown ones are passed over.
std::string_view take_section(WireReader& in, std::string_view name) {
  for (;;) {
    std::string_view found = in.raw(4);
    std::string_view content = in.raw(in.varint(limits::k_index_raw));
    if (found == name) return content;
    bool optional = found.front() >= 'a' && found.front() <= 'z';
    if (!optional) in.fail(cat("expected section '", name, "', found '", printable(found), "'"));
  }
}

void pass_optional_sections(WireReader& in) {
  while (!in.at_end()) {
    std::string_view found = in.raw(4);
    if (found.front() < 'a' || found.front() > 'z') in.fail(cat("section '", printable(found), "' is unknown to this version"));
    in.raw(in.varint(limits::k_index_raw));
  }
}

template <typename Decode>
auto decode_section(WireReader& in, std::string_view what, std::string_view name, Decode&& decode) {
  WireReader content(take_section(in, name), what, cat("section ", name));
  auto table = decode(content);
  content.require_end();
  return table;
}

}  // namespace

std::string encode_index(const Index& index) {
  WireWriter out;
  out.raw(k_magic);
  out.section("FRAM", encode_frames(index.frames));
  out.section("CHNK", encode_chunks(index.chunks));
  out.section("BLOB", encode_blobs(index.blobs));
  out.section("IMGS", encode_images(index.images));
  out.section("FILE", encode_files(index.files));
  out.section("APPL", appliance_bytes(index.appliance));
  return out.take();
}

Index decode_index(std::string_view raw, std::string_view what) {
  WireReader in(raw, what, "the index");
  if (raw.size() > limits::k_index_raw) in.fail(cat("expected at most ", limits::k_index_raw, " bytes, found ", raw.size()));
  if (in.raw(k_magic.size()) != k_magic) in.fail(cat("expected '", k_magic, "'"));
  Index index;
  index.frames = decode_section(in, what, "FRAM", decode_frames);
  index.chunks = decode_section(in, what, "CHNK", decode_chunks);
  index.blobs = decode_section(in, what, "BLOB", [&](WireReader& content) { return decode_blobs(content, index.chunks.size()); });
  index.images = decode_section(in, what, "IMGS", decode_images);
  index.files = decode_section(in, what, "FILE", decode_files);
  index.appliance = decode_appliance(take_section(in, "APPL"), cat(what, ": appliance"));
  pass_optional_sections(in);
  check_index(index, what);
  return index;
}

std::uint64_t index_table_bytes(const Index& tables) {
  return encode_images(tables.images).bytes().size() + encode_files(tables.files).bytes().size() +
         encode_appliance(tables.appliance).size();
}

}  // namespace rootcellar
