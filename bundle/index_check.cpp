#include "bundle/index_check.h"

#include <algorithm>
#include <unordered_map>

#include "bundle/base/error.h"
#include "bundle/base/rel_path.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {
namespace {

class Checker {
 public:
  Checker(const Index& index, std::string_view what) : index_(index), what_(what) {}

  void run() {
    check_frames();
    check_chunks();
    check_blobs();
    check_images();
    check_files();
    check_appliance();
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const { throw InputError(cat(what_, ": ", reason)); }

  void check_frames() const {
    for (std::size_t i = 0; i < index_.frames.size(); ++i) {
      const FrameEntry& frame = index_.frames[i];
      if (frame.raw_size == 0 || frame.stored_size == 0) fail(cat("frame ", i, " is empty"));
      if (frame.stored_size > frame.raw_size) fail(cat("frame ", i, " is stored in more bytes than it has"));
      if (frame.codec == Codec::stored && frame.stored_size != frame.raw_size)
        fail(cat("frame ", i, " is not compressed but has two sizes"));
    }
  }

  /// Chunks fill frames exactly: none crosses from one frame to the next.
  void check_chunks() {
    starts_ = chunk_starts(index_);
    std::vector<std::uint64_t> frames = frame_starts(index_);
    if (starts_.back() != frames.back()) fail(cat("the chunks have ", starts_.back(), " bytes, the frames ", frames.back()));
    std::size_t frame = 0;
    for (std::size_t i = 0; i < index_.chunks.size(); ++i) {
      if (index_.chunks[i].size == 0) fail(cat("chunk ", i, " is empty"));
      while (starts_[i] >= frames[frame + 1]) ++frame;
      if (starts_[i + 1] > frames[frame + 1]) fail(cat("chunk ", i, " crosses the end of frame ", frame));
      volumes_.push_back(index_.frames[frame].volume);
    }
  }

  void check_blobs() {
    std::uint32_t volume = 1;
    for (const BlobEntry& blob : index_.blobs) {
      std::uint64_t size = 0;
      for (const Extent& extent : blob.extents) size += check_extent(blob, extent, volume);
      if (size != blob.size) fail(cat("blob ", blob.digest.named(), " has ", blob.size, " bytes, its extents ", size));
      if (!sizes_.emplace(blob.digest, blob.size).second) fail(cat("blob ", blob.digest.named(), " is listed twice"));
    }
  }

  /// Blobs in order never go back to an earlier volume, so that one USB port is enough.
  std::uint64_t check_extent(const BlobEntry& blob, const Extent& extent, std::uint32_t& volume) const {
    if (volumes_[extent.first] < volume) fail(cat("blob ", blob.digest.named(), " goes back to volume ", volumes_[extent.first]));
    volume = volumes_[extent.first + extent.count - 1];
    return starts_[extent.first + extent.count] - starts_[extent.first];
  }

  void require_blob(const Digest& digest, std::string_view who) const {
    if (!sizes_.contains(digest)) fail(cat(who, " needs ", digest.named(), ", which the bundle does not have"));
  }

  void check_images() const {
    const ImageEntry* before = nullptr;
    for (const ImageEntry& image : index_.images) {
      if (before && std::tie(before->repository, before->digest) >= std::tie(image.repository, image.digest))
        fail("its images are not sorted");
      before = &image;
      check_image(image);
    }
  }

  void check_image(const ImageEntry& image) const {
    std::string who = cat("image '", printable(image.repository), "'");
    if (!RelPath::parse(image.repository)) fail(cat(who, " is not a repository name"));
    for (std::size_t i = 0; i < image.tags.size(); ++i) check_tag(image, i, who);
    if (image.manifests.empty() || image.manifests.front().digest != image.digest) fail(cat(who, " does not begin with its own manifest"));
    for (const ManifestEntry& manifest : image.manifests) {
      require_blob(manifest.digest, who);
      for (const Digest& blob : manifest.blobs) require_blob(blob, who);
    }
  }

  /// A tag becomes one path component of the registry's storage.
  void check_tag(const ImageEntry& image, std::size_t i, std::string_view who) const {
    const std::string& tag = image.tags[i];
    if (!RelPath::parse(tag) || tag.find('/') != std::string::npos) fail(cat(who, " has a tag that is none: '", printable(tag), "'"));
    if (i > 0 && image.tags[i - 1] >= tag) fail(cat(who, ": its tags are not sorted"));
  }

  void check_files() const {
    const FileEntry* before = nullptr;
    for (const FileEntry& file : index_.files) {
      std::string who = cat("file '", printable(file.path), "'");
      if (!RelPath::parse(file.path)) fail(cat(who, " is not a relative path"));
      if (before && before->path >= file.path) fail("its files are not sorted");
      before = &file;
      require_blob(file.digest, who);
      if (sizes_.at(file.digest) != file.size) fail(cat(who, " has ", file.size, " bytes, its blob ", sizes_.at(file.digest)));
    }
  }

  void require_file(const std::string& path, std::string_view who) const {
    auto found = std::lower_bound(index_.files.begin(), index_.files.end(), path,
                                  [](const FileEntry& file, const std::string& wanted) { return file.path < wanted; });
    if (found == index_.files.end() || found->path != path)
      fail(cat(who, " needs file '", printable(path), "', which the bundle does not have"));
  }

  void check_appliance() const {
    const PackagesSection& packages = index_.appliance.packages;
    for (const PackageFile& package : packages.files) require_file(package.path, cat("package '", printable(package.name), "'"));
    for (const AptSource& source : packages.sources) require_file(source.keyring, cat("apt source '", printable(source.name), "'"));
    for (const PlacedFile& file : index_.appliance.files) require_file(file.path, cat("placed file '", printable(file.name), "'"));
  }

  const Index& index_;
  std::string_view what_;
  std::vector<std::uint64_t> starts_;
  std::vector<std::uint32_t> volumes_;  // of each chunk
  std::unordered_map<Digest, std::uint64_t, DigestHash> sizes_;
};

}  // namespace

void check_index(const Index& index, std::string_view what) { Checker(index, what).run(); }

std::vector<std::uint64_t> frame_starts(const Index& index) {
  std::vector<std::uint64_t> starts{0};
  starts.reserve(index.frames.size() + 1);
  for (const FrameEntry& frame : index.frames) starts.push_back(starts.back() + frame.raw_size);
  return starts;
}

std::vector<std::uint64_t> chunk_starts(const Index& index) {
  std::vector<std::uint64_t> starts{0};
  starts.reserve(index.chunks.size() + 1);
  for (const ChunkEntry& chunk : index.chunks) starts.push_back(starts.back() + chunk.size);
  return starts;
}

IndexMap::IndexMap(const Index& index) : frame_start_(frame_starts(index)), chunk_start_(chunk_starts(index)) {
  for (const FrameEntry& frame : index.frames) {
    if (payload_.size() < frame.volume) payload_.resize(frame.volume);
    frame_offset_.push_back(limits::k_header_size + payload_[frame.volume - 1]);
    payload_[frame.volume - 1] += frame.stored_size;
  }
}

std::vector<Piece> IndexMap::pieces(const BlobEntry& blob) const {
  std::vector<Piece> pieces;
  for (const Extent& extent : blob.extents) add_range(chunk_start_[extent.first], chunk_start_[extent.first + extent.count], pieces);
  return pieces;
}

void IndexMap::add_range(std::uint64_t begin, std::uint64_t end, std::vector<Piece>& pieces) const {
  auto after = std::upper_bound(frame_start_.begin(), frame_start_.end(), begin);
  for (std::size_t frame = static_cast<std::size_t>(after - frame_start_.begin()) - 1; begin < end; ++frame) {
    std::uint64_t stop = std::min(end, frame_start_[frame + 1]);
    pieces.push_back({frame, static_cast<std::uint32_t>(begin - frame_start_[frame]), static_cast<std::uint32_t>(stop - begin)});
    begin = stop;
  }
}

std::uint64_t IndexMap::volume_payload(std::uint32_t volume) const { return volume <= payload_.size() ? payload_[volume - 1] : 0; }

}  // namespace rootcellar
