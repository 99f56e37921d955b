#include "installer/run/spool.h"

#include <unordered_map>
#include <unordered_set>

#include "bundle/base/rel_path.h"
#include "installer/run/own_file.h"
#include "installer/run/shown_delivery.h"

namespace rootcellar {
namespace {

/// apt's files without the debs that only other groups need.
class Wanted {
 public:
  Wanted(const Index& index, const PackageGroups& groups) {
    for (const PackageFile& package : index.appliance.packages.files) {
      if (!needed_by(package, groups)) left_out_.insert(package.path);
    }
  }
  bool operator()(const FileEntry& file) const { return file.path.starts_with("apt/") && !left_out_.contains(file.path); }

 private:
  std::unordered_set<std::string> left_out_;
};

std::string place_of(const FileEntry& file, const std::string& directory) {
  return path_join(directory, RelPath::require(file.path, "a file name in the bundle's index").str());
}

bool is_there(const FileEntry& file, const std::string& directory, HostSystem& host) {
  const auto found = host.status(place_of(file, directory));
  return found && found->type == FileStatus::Type::file && found->size == file.size;
}

// The same bytes may be wanted at several places (two suites with one empty index): each gets its copy in the same pass.
class SpoolWriter final : public BlobReceiver {
 public:
  SpoolWriter(const Index& index, const std::string& directory, const PackageGroups& groups, HostSystem& host) : host_(host) {
    const Wanted wanted(index, groups);
    for (const FileEntry& file : index.files) {
      if (wanted(file) && !is_there(file, directory, host)) wanted_[file.digest].push_back(place_of(file, directory));
    }
  }

  bool wants_blob(const BlobEntry& blob) override { return wanted_.contains(blob.digest); }
  bool begin_blob(const BlobEntry& blob) override {
    for (const std::string& place : wanted_.at(blob.digest)) {
      host_.make_directories(path_parent(place));
      remove_leftovers(place, host_);
      open_.push_back(host_.create_file(place, 0644, {}));
    }
    return true;
  }
  void blob_bytes(ByteView bytes) override {
    for (auto& file : open_) file->write(bytes);
  }
  void finish_blob(const BlobEntry&) override {
    for (auto& file : open_) file->commit(false);
    open_.clear();
  }

 private:
  HostSystem& host_;
  std::unordered_map<Digest, std::vector<std::string>, DigestHash> wanted_;
  std::vector<std::unique_ptr<StagedFile>> open_;
};

}  // namespace

bool spool_complete(const Bundle& bundle, const std::string& directory, const PackageGroups& groups, HostSystem& host) {
  const Wanted wanted(bundle.index(), groups);
  for (const FileEntry& file : bundle.index().files) {
    if (wanted(file) && !is_there(file, directory, host)) return false;
  }
  return true;
}

void fill_spool(Bundle& bundle, const std::string& directory, const PackageGroups& groups, HostSystem& host, unsigned jobs,
                Progress& progress) {
  host.make_directories(directory);
  SpoolWriter writer(bundle.index(), directory, groups, host);
  deliver_with_progress(bundle, writer, "writing packages", jobs, progress);
  host.sync_filesystem(directory);
}

std::uint64_t spool_bytes(const Index& index, const PackageGroups& groups) {
  const Wanted wanted(index, groups);
  std::uint64_t sum = 0;
  for (const FileEntry& file : index.files) sum += wanted(file) ? file.size : 0;
  return sum;
}

}  // namespace rootcellar
