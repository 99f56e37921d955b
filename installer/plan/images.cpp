#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/existing.h"
#include "installer/plan/storage.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_hub = "docker.io/";
constexpr std::string_view k_hub_library = "docker.io/library/";

bool names_a_host(std::string_view first) { return first.find_first_of(".:") != std::string_view::npos || first == "localhost"; }

struct ImageName {
  std::string repository;
  std::string tag;     ///< may be empty when `digest` is not
  std::string digest;  ///< "sha256:..."
};

ImageName split_name(std::string_view full) {
  const std::size_t at = full.find('@');
  ImageName name;
  if (at != std::string_view::npos) name.digest = full.substr(at + 1);
  const std::string_view front = full.substr(0, at);
  const std::size_t colon = front.rfind(':');
  const bool tagged = colon != std::string_view::npos && front.find('/', colon) == std::string_view::npos;
  name.repository = front.substr(0, tagged ? colon : front.size());
  if (tagged) name.tag = front.substr(colon + 1);
  return name;
}

bool is_meant(const ImageEntry& image, const ImageName& name) {
  if (image.repository != name.repository) return false;
  if (!name.digest.empty()) return image.digest.named() == name.digest;
  return std::find(image.tags.begin(), image.tags.end(), name.tag) != image.tags.end();
}

std::string own_name(const ImageEntry& image) {
  return image.tags.empty() ? cat(image.repository, "@", image.digest.named()) : cat(image.repository, ":", image.tags.front());
}

void add_once(std::vector<const ImageEntry*>& images, const ImageEntry* image) {
  if (image != nullptr && std::find(images.begin(), images.end(), image) == images.end()) images.push_back(image);
}

/// People have pushed another image under the name, or may have, on the first node.
bool may_differ(const PlanInput& input, const std::string& name) { return input.join != nullptr || input.pushed_over(name); }

/// Zero is not compared.
Digest expected_digest(const PlanInput& input, const std::string& name, const ImageEntry& image) {
  return may_differ(input, name) ? Digest{} : served_digest(input, image);
}

/// docker's registry-mirrors stand in for docker.io only.
void plan_upstream_pull(const PlanInput& input, const std::string& full, const ImageEntry& image, Plan& plan) {
  add_step(plan, cat("upstream-", step_slug(full)), cat("pull ", full),
           "Proves that the upstream name works here too: docker asks the local registry for it.",
           PullImage{full, expected_digest(input, full.substr(k_hub.size()), image)});
}

/// Images of other upstreams get their name by a tag.
void plan_upstream_name(const PlanInput& input, const std::string& full, const ImageEntry& image, Plan& plan) {
  const std::string local = cat(input.layout.local.text(), "/", full);
  const std::string docker(k_docker);
  if (split_name(full).tag.empty()) return;
  add_step(plan, cat("upstream-", step_slug(full)), cat("name ", local, " also ", full),
           "docker asks mirrors for docker.io's images only; the name makes it find this one.",
           RunTool{ToolCall{.argv = {docker, "image", "tag", local, full}},
                   ToolCall{.argv = {docker, "image", "inspect", "--format", "{{json .RepoDigests}}", full}},
                   ToolCall{.argv = {docker, "image", "rm", "--no-prune", full}}, may_differ(input, full) ? "" : served_digest(input, image).named()});
}

/// The image whose pull proves most for least: docker.io's, so that both names are tried, and small.
const ImageEntry* proof_image(const Index& index) {
  const ImageEntry* best = nullptr;
  const auto rank = [&](const ImageEntry& image) { return std::pair(!image.repository.starts_with(k_hub), image_bytes(index, image)); };
  for (const ImageEntry& image : index.images) {
    if (best == nullptr || rank(image) < rank(*best)) best = &image;
  }
  return best;
}

}  // namespace

void plan_docker_images(const PlanInput& input, const std::vector<std::string>& names, Plan& plan) {
  std::vector<std::pair<std::string, const ImageEntry*>> images;
  for (const std::string& name : names) {
    const std::string full = full_image_name(name);
    const ImageEntry* image = find_image(input, full);
    if (image == nullptr) plan.refusals.push_back(cat("the appliance wants image '", name, "' in docker, which is not in the bundle"));
    const std::pair wanted(full, image);
    if (image == nullptr || std::find(images.begin(), images.end(), wanted) != images.end()) continue;
    images.push_back(wanted);
    const std::string local = cat(input.layout.local.text(), "/", full);
    add_step(plan, cat("local-", step_slug(full)), cat("pull ", local),
             "Proves that docker gets images from the local registry, and has this one from the start.",
             PullImage{local, expected_digest(input, full, *image)});
  }
  // Pulls that follow each other are done several at a time.
  for (const auto& [full, image] : images) {
    if (full.starts_with(k_hub)) plan_upstream_pull(input, full, *image, plan);
  }
  for (const auto& [full, image] : images) {
    if (!full.starts_with(k_hub)) plan_upstream_name(input, full, *image, plan);
  }
}

std::uint64_t image_bytes(const Index& index, const ImageEntry& image) {
  std::uint64_t bytes = 0;
  for (const ManifestEntry& manifest : image.manifests) {
    for (const Digest& digest : manifest.blobs) {
      const auto blob = std::find_if(index.blobs.begin(), index.blobs.end(), [&](const BlobEntry& b) { return b.digest == digest; });
      if (blob != index.blobs.end()) bytes += blob->size;
    }
  }
  return bytes;
}

std::string full_image_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  std::string full(name);
  if (slash == std::string_view::npos) full = cat(k_hub_library, name);
  if (slash != std::string_view::npos && !names_a_host(name.substr(0, slash))) full = cat(k_hub, name);
  const ImageName parts = split_name(full);
  return parts.tag.empty() && parts.digest.empty() ? cat(full, ":latest") : full;
}

const ImageEntry* find_image(const PlanInput& input, std::string_view name) {
  const std::string local = cat(input.layout.local.text(), "/");
  if (name.starts_with(local)) name.remove_prefix(local.size());
  const ImageName wanted = split_name(full_image_name(name));
  for (const ImageEntry& image : input.index.images) {
    if (is_meant(image, wanted)) return &image;
  }
  return nullptr;
}

std::vector<const ImageEntry*> docker_images(const PlanInput& input) {
  std::vector<const ImageEntry*> images;
  if (!input.docker()) return images;
  for (const std::string& name : input.appliance().runtime.preload) add_once(images, find_image(input, name));
  for (const Check& check : input.appliance().checks) {
    if (check.kind == "pull" || check.kind == "container") add_once(images, find_image(input, check.target));
  }
  if (!nfs_image(input).empty()) add_once(images, find_image(input, nfs_image(input)));
  if (input.appliance().runtime.preload.empty() && input.appliance().registry.enabled) add_once(images, proof_image(input.index));
  return images;
}

void plan_images(const PlanInput& input, Plan& plan) {
  if (!input.docker() || !input.appliance().registry.enabled) return;
  std::vector<std::string> names = input.appliance().runtime.preload;
  const ImageEntry* proof = names.empty() ? proof_image(input.index) : nullptr;
  if (proof != nullptr) names.push_back(own_name(*proof));
  if (!nfs_image(input).empty() && !input.own_cluster()) names.push_back(nfs_image(input));
  plan_docker_images(input, names, plan);
}

}  // namespace rootcellar
