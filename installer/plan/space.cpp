#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "bundle/base/text.h"
#include "installer/plan/storage.h"
#include "installer/plan/subjects.h"
#include "installer/run/registry_storage.h"
#include "installer/run/spool.h"

namespace rootcellar {
namespace {

constexpr std::uint64_t k_margin = std::uint64_t{64} << 20;   // journals, logs, what others write meanwhile
constexpr std::uint64_t k_program = std::uint64_t{10} << 20;  // the most rootcellar-install may weigh
constexpr std::uint64_t k_unpacked_per_gzip = 3;              // layers of programs and libraries shrink to 0.35 to 0.45
constexpr std::uint64_t k_apt_lists_per_index = 8;            // Packages.xz unpacks to 5 times its size, and apt caches it parsed
constexpr std::uint64_t k_etcd = std::uint64_t{512} << 20;    // a lab's objects, write-ahead log and snapshots; its own limit is 2 GiB
constexpr std::uint64_t k_kubelet = std::uint64_t{1} << 30;   // evictionHard, nodefs.available
constexpr std::string_view k_etcd_directory = "/var/lib/etcd";
constexpr std::string_view k_kubelet_directory = "/var/lib/kubelet";
constexpr std::string_view k_program_directory = "/usr/local/sbin";
constexpr std::string_view k_state_directory = "/var/lib/rootcellar";
constexpr std::string_view k_packages_directory = "/usr";
constexpr std::string_view k_settings_directory = "/etc";

using BlobsByDigest = std::unordered_map<Digest, const BlobEntry*, DigestHash>;

BlobsByDigest blobs_by_digest(const Index& index) {
  BlobsByDigest blobs;
  for (const BlobEntry& blob : index.blobs) blobs.emplace(blob.digest, &blob);
  return blobs;
}

/// What the bundle that is installed brought already.
std::unordered_set<Digest, DigestHash> blobs_here(const PlanInput& input) {
  std::unordered_set<Digest, DigestHash> here;
  if (input.replaced() == nullptr || !input.replaced()->index) return here;
  for (const BlobEntry& blob : input.replaced()->index->blobs) here.insert(blob.digest);
  return here;
}

struct LayerSizes {
  std::uint64_t unpacked = 0;    ///< of all images, each layer once
  std::uint64_t compressed = 0;  ///< the same as they came
  std::uint64_t largest = 0;     ///< compressed bytes of the largest image: docker downloads one before it unpacks it
};

/// Whatever of the bundle a node may be asked to run.
std::vector<const ImageEntry*> node_images(const PlanInput& input) {
  if (!input.own_cluster()) return docker_images(input);
  std::vector<const ImageEntry*> images;
  for (const ImageEntry& image : input.index.images) images.push_back(&image);
  return images;
}

LayerSizes layer_sizes(const PlanInput& input) {
  const BlobsByDigest blobs = blobs_by_digest(input.index);
  std::unordered_set<Digest, DigestHash> seen = blobs_here(input);
  LayerSizes sizes;
  for (const ImageEntry* image : node_images(input)) {
    std::uint64_t compressed = 0;
    for (const ManifestEntry& manifest : image->manifests) {
      for (const Digest& digest : manifest.blobs) {
        const auto blob = blobs.find(digest);
        if (blob == blobs.end() || !seen.insert(digest).second) continue;
        compressed += blob->second->size;
        sizes.unpacked += blob->second->size * (blob->second->mode == BlobMode::asis ? k_unpacked_per_gzip : 1);
      }
    }
    sizes.compressed += compressed;
    sizes.largest = std::max(sizes.largest, compressed);
  }
  return sizes;
}

std::uint64_t largest_image(const Index& index) {
  std::uint64_t largest = 0;
  for (const ImageEntry& image : index.images) largest = std::max(largest, image_bytes(index, image));
  return largest;
}

void need_packages(const PlanInput& input, std::vector<SpaceNeed>& needs) {
  if (input.asked_packages().empty()) return;
  const std::vector<std::string> groups = input.groups();
  std::uint64_t unpacked = 0, indexes = 0;
  for (const PackageFile& file : input.appliance().packages.files) {
    if (!needed_by(file, groups)) continue;
    const auto there = input.facts.packages.find(file.name);
    if (there == input.facts.packages.end() || there->second.version != file.version) unpacked += file.installed_size;
  }
  for (const FileEntry& file : input.index.files) {
    if (file.path.starts_with("apt/") && file.path.find("/dists/") != std::string::npos) indexes += file.size;
  }
  const std::uint64_t spooled = spool_bytes(input.index, groups);
  needs.push_back({std::string(k_packages_directory), "unpacked packages", unpacked});
  needs.push_back({input.layout.spool, "debs and apt's lists, removed after the install", spooled + indexes * k_apt_lists_per_index, true});
}

void need_images(const PlanInput& input, std::vector<SpaceNeed>& needs) {
  if (input.own_registry()) needs.push_back({input.layout.registry, "registry storage", registry_bytes(input.index, blobs_here(input))});
  if (input.site_registry() && input.join == nullptr)
    needs.push_back({std::string(k_state_directory), "the largest image, while it is pushed", largest_image(input.index), true});
  const LayerSizes layers = layer_sizes(input);
  if (layers.unpacked == 0) return;
  if (input.cluster_containerd()) {
    needs.push_back({input.layout.containerd, "unpacked image layers", layers.unpacked});
    needs.push_back({input.layout.containerd, "image layers as they came, which containerd keeps", layers.compressed});
    return;
  }
  needs.push_back({input.layout.docker, "unpacked image layers", layers.unpacked});
  needs.push_back({input.layout.docker, "downloads of docker, removed after each pull", layers.largest, true});
}

void need_files(const PlanInput& input, std::vector<SpaceNeed>& needs) {
  std::map<std::string, std::uint64_t> by_directory;
  for (const PlacedFile& placed : input.appliance().files) {
    const auto file =
        std::find_if(input.index.files.begin(), input.index.files.end(), [&](const FileEntry& f) { return f.path == placed.path; });
    if (file != input.index.files.end()) by_directory[path_parent(placed.destination)] += file->size;
  }
  for (const auto& [directory, bytes] : by_directory) needs.push_back({directory, "files of the appliance", bytes});
}

void need_cluster(const PlanInput& input, std::vector<SpaceNeed>& needs) {
  if (!input.own_cluster()) return;
  if (input.join == nullptr || input.join->control_plane) needs.push_back({std::string(k_etcd_directory), "the cluster's state", k_etcd});
  needs.push_back({std::string(k_kubelet_directory), "pods' logs and volumes, below which the kubelet evicts pods", k_kubelet});
}

std::vector<SpaceNeed> all_needs(const PlanInput& input) {
  std::vector<SpaceNeed> needs;
  need_packages(input, needs);
  need_images(input, needs);
  need_files(input, needs);
  need_cluster(input, needs);
  need_data(input, needs);
  needs.push_back({std::string(k_program_directory), "this installer", k_program});
  needs.push_back({std::string(k_state_directory), "journal, index and logs", input.header.index_size});
  return needs;
}

/// Debs are gone before docker pulls: of the temporary needs only the largest counts.
std::uint64_t peak(const std::vector<SpaceNeed>& needs) {
  std::uint64_t lasting = 0, temporary = 0;
  for (const SpaceNeed& need : needs) {
    if (need.temporary) temporary = std::max(temporary, need.bytes);
    if (!need.temporary) lasting += need.bytes;
  }
  return lasting + temporary;
}

std::vector<SpaceLine> lines_by_filesystem(const Facts& facts, std::vector<SpaceNeed> needs) {
  std::map<std::uint64_t, SpaceLine> by_device;
  for (SpaceNeed& need : needs) {
    const auto space = facts.space.find(need.path);
    if (space == facts.space.end()) continue;
    SpaceLine& line = by_device[space->second.device];
    if (line.path.empty() || need.path < line.path) line.path = need.path;
    line.available = space->second.available;
    line.needs.push_back(std::move(need));
  }
  std::vector<SpaceLine> lines;
  for (auto& [device, line] : by_device) {
    line.needs.push_back({"", "kept free for logs and what others write meanwhile", k_margin});
    line.needed = peak(line.needs);
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end(), [](const SpaceLine& a, const SpaceLine& b) { return a.path < b.path; });
  return lines;
}

/// Every path by itself: a folder can be mounted read-only from a filesystem that is writable elsewhere. One line for each filesystem.
void refuse_read_only(const PlanInput& input, Plan& plan) {
  std::set<std::uint64_t> told;
  for (const auto& [path, space] : input.facts.space) {
    if (space.read_only && told.insert(space.device).second) plan.refusals.push_back(cat("the filesystem of ", path, " is read-only"));
  }
}

void refuse_what_cannot_fit(const PlanInput& input, Plan& plan) {
  const bool already_here = input.facts.installed && input.facts.installed->id == bundle_id(encode_header(input.header));
  for (const SpaceLine& line : plan.space) {
    if (line.needed <= line.available || already_here) continue;
    plan.refusals.push_back(cat("the filesystem of ", line.path, " needs ", human_size(line.needed), " and has ",
                                human_size(line.available), " free: make room, or answer a 'storage.root' on a larger disk"));
  }
}

}  // namespace

std::vector<std::string> space_paths(const Index& index, const Answers& answers) {
  const Layout layout = make_layout(index.appliance, answers);
  std::vector<std::string> paths{layout.registry,
                                 layout.docker,
                                 layout.containerd,
                                 layout.spool,
                                 std::string(k_program_directory),
                                 std::string(k_state_directory),
                                 std::string(k_packages_directory),
                                 std::string(k_settings_directory)};
  if (index.appliance.cluster.enabled) paths.insert(paths.end(), {std::string(k_etcd_directory), std::string(k_kubelet_directory)});
  for (const PlacedFile& file : index.appliance.files) paths.push_back(path_parent(file.destination));
  add_storage_paths(index.appliance, paths);
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

void plan_space(const PlanInput& input, Plan& plan) {
  plan.space = lines_by_filesystem(input.facts, all_needs(input));
  refuse_read_only(input, plan);
  refuse_what_cannot_fit(input, plan);
}

}  // namespace rootcellar
