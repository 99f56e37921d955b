#include "installer/run/registry_storage.h"

#include <unordered_set>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/registry_contents.h"
#include "installer/run/shown_delivery.h"

namespace rootcellar {
namespace {

using DigestSet = std::unordered_set<Digest, DigestHash>;

DigestSet wanted_blobs(const std::vector<RegistryImage>& images) {
  DigestSet wanted;
  for (const RegistryImage& image : images) {
    wanted.insert(image.manifests.begin(), image.manifests.end());
    wanted.insert(image.layers.begin(), image.layers.end());
  }
  return wanted;
}

class BlobWriter final : public BlobReceiver {
 public:
  BlobWriter(DigestSet wanted, const RegistryPaths& paths, const Owner& owner, HostSystem& host)
      : wanted_(std::move(wanted)), paths_(paths), owner_(owner), host_(host) {}

  // Asked before the blob's frames are read: an installation that goes on spares the stick what is finished.
  bool wants_blob(const BlobEntry& blob) override { return wanted_.contains(blob.digest) && !is_finished(blob); }
  bool begin_blob(const BlobEntry& blob) override {
    const std::string directory = paths_.blob_directory(blob.digest);
    host_.make_directories(directory, 0755, owner_);
    for (const std::string& leftover : host_.list(directory)) host_.remove(path_join(directory, leftover));
    file_ = host_.create_file(paths_.blob(blob.digest), 0644, owner_);
    return true;
  }
  void blob_bytes(ByteView bytes) override {
    file_->write(bytes);
    written_ += bytes.size();
  }
  void finish_blob(const BlobEntry&) override {
    file_->commit(false);
    file_.reset();
  }
  std::uint64_t written() const { return written_; }

 private:
  // The size says whether a blob is whole: it is written under another name, and a file system shows a length only when its bytes are on
  // disk.
  bool is_finished(const BlobEntry& blob) const {
    const auto found = host_.status(paths_.blob(blob.digest));
    return found && found->type == FileStatus::Type::file && found->size == blob.size;
  }

  DigestSet wanted_;
  const RegistryPaths& paths_;
  const Owner& owner_;
  HostSystem& host_;
  std::unique_ptr<StagedFile> file_;
  std::uint64_t written_ = 0;
};

class LinkWriter {
 public:
  LinkWriter(const RegistryPaths& paths, const Owner& owner, HostSystem& host) : paths_(paths), owner_(owner), host_(host) {}

  // What makes an image's parts readable by digest.
  void write_parts(const RegistryImage& image) {
    for (const Digest& layer : image.layers) write(paths_.layer_link(image.repository, layer), layer);
    for (const Digest& manifest : image.manifests) write(paths_.revision_link(image.repository, manifest), manifest);
  }
  // What shows the image.
  void write_tags(const RegistryImage& image, const std::vector<std::string>& keep_tags) {
    for (const std::string& tag : image.tags) {
      if (keeps_tag(keep_tags, image.repository, tag) && host_.exists(paths_.tag_link(image.repository, tag))) continue;
      write(paths_.tag_history_link(image.repository, tag, image.digest), image.digest);
      write(paths_.tag_link(image.repository, tag), image.digest);
    }
  }

 private:
  void write(const std::string& path, const Digest& digest) {
    const std::string text = digest.named();
    if (host_.read_file(path, 256) == text) return;
    const std::string directory = path_parent(path);
    host_.make_directories(directory, 0755, owner_);
    auto file = host_.create_file(path, 0644, owner_);
    file->write(as_bytes(text));
    file->commit(false);
  }

  const RegistryPaths& paths_;
  const Owner& owner_;
  HostSystem& host_;
};

}  // namespace

// One syncfs between blobs, parts and tags, instead of an fsync per file: a power cut leaves each stage whole or without the next.
std::uint64_t fill_registry(Bundle& bundle, const std::vector<std::string>& images, const std::string& root, const Owner& owner,
                            HostSystem& host, unsigned jobs, Progress& progress, const std::vector<std::string>& keep_tags) {
  const RegistryPaths paths(root);
  const auto wanted = registry_images(bundle.index(), images);
  host.make_directories(paths.root, 0755, owner);
  BlobWriter blobs(wanted_blobs(wanted), paths, owner, host);
  deliver_with_progress(bundle, blobs, "writing images", jobs, progress);
  host.sync_filesystem(root);
  LinkWriter links(paths, owner, host);
  for (const RegistryImage& image : wanted) links.write_parts(image);
  host.sync_filesystem(root);
  for (const RegistryImage& image : wanted) links.write_tags(image, keep_tags);
  host.sync_filesystem(root);
  return blobs.written();
}

std::uint64_t registry_bytes(const Index& index, const DigestSet& there) {
  const DigestSet wanted = wanted_blobs(registry_images(index, {}));
  constexpr std::uint64_t k_block = 4096;  // each blob, link and directory takes whole blocks
  std::uint64_t sum = 0;
  for (const BlobEntry& blob : index.blobs) {
    if (wanted.contains(blob.digest) && !there.contains(blob.digest)) sum += (blob.size + k_block - 1) / k_block * k_block + 2 * k_block;
  }
  for (const RegistryImage& image : registry_images(index, {}))
    sum += 2 * k_block * (image.layers.size() + image.manifests.size() + 3 * image.tags.size());
  return sum;
}

}  // namespace rootcellar
