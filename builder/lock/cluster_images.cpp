#include "builder/lock/cluster_images.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "bundle/base/yaml.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_manifest_limit = std::size_t{64} << 20;

/// In full; what is no image's name stands for itself, so that it is found nowhere.
std::string full_name(std::string_view text) {
  const auto name = parse_image_name(text);
  return name ? name->text() : std::string(text);
}

/// What Kubernetes takes for granted is in "Images", kubernetes.io: Always for the tag latest, said or not.
bool pulled_always(const NamedImage& image, const ImageName& name) {
  return image.pull_policy.empty() ? name.tag == "latest" : image.pull_policy == "Always";
}

}  // namespace

ClusterImages::ClusterImages(const Profile& profile) : profile_(profile) {
  for (const ProfileImage& image : profile.images) declared_.insert(full_name(image.name));
  const ClusterSection& cluster = profile.cluster.described;
  for (const std::string& image : cluster.images) named_.insert(full_name(image));
  named_.insert(full_name(cluster.sandbox_image));
  for (const std::string& image : profile.runtime.preload) named_.insert(full_name(image));
  for (const Check& check : profile.checks) named_.insert(full_name(check.target));
  if (profile.nfs.server.starts_with("image:")) named_.insert(full_name(profile.nfs.server.substr(6)));
  if (profile.registry.program.starts_with("image:")) named_.insert(full_name(profile.registry.program.substr(6)));
}

void ClusterImages::take(std::string_view text, const std::string& what, const TextPlace& place) {
  std::set<std::string> told;
  for (const NamedImage& image : images_in(parse_yaml_documents(text, what, k_manifest_limit))) {
    const std::string name = full_name(image.name);
    named_.insert(name);
    check_for_docker(image, what, place);
    if (declared_.contains(name) || !told.insert(name).second) continue;
    const auto near = did_you_mean(name, std::vector<std::string>(declared_.begin(), declared_.end()));
    faults_.push_back({place, cat("image '", printable(image.name, 200), "' is not among images: named by ", what, ", ", image.place),
                       near ? cat("did you mean '", *near, "'? If not, add it to images") : std::string("add it to images")});
  }
}

/// docker asks its mirror, the appliance's registry, for images of docker.io only. All others must be in it before, and it gives them a tag.
void ClusterImages::check_for_docker(const NamedImage& image, const std::string& what, const TextPlace& place) {
  const auto name = parse_image_name(image.name);
  if (profile_.cluster.described.runtime != "docker" || !name || name->host() == "docker.io") return;
  const std::vector<std::string>& own = profile_.registry.own_names;
  if (std::find(own.begin(), own.end(), name->host()) != own.end()) return;
  const std::string named = cat("named by ", what, ", ", image.place);
  if (name->digest) {
    faults_.push_back({place, cat("image '", printable(image.name, 200), "' cannot be found by its digest in docker: ", named),
                       "on an isolated machine docker finds only images of docker.io by digest: name a tag alone, name the registry in "
                       "registry.own_names, or choose containerd"});
  } else if (pulled_always(image, *name)) {
    faults_.push_back({place, cat("image '", printable(image.name, 200), "' is always pulled, which docker cannot: ", named),
                       "on an isolated machine docker gets only images of docker.io, and must have all others: say imagePullPolicy: "
                       "IfNotPresent, name the registry in registry.own_names, or choose containerd"});
  }
}

void ClusterImages::compare_with_kubeadm(const std::vector<std::string>& printed) {
  const auto& cluster = profile_.cluster;
  std::set<std::string> expected, found;
  for (const std::string& image : printed) expected.insert(full_name(image));
  for (const std::string& image : cluster.described.images) found.insert(full_name(image));
  const std::string kubeadm = cat("kubeadm ", cluster.described.version);
  for (const std::string& image : expected) {
    if (!found.contains(image))
      faults_.push_back({cluster.place, cat(kubeadm, " pulls '", image, "', which cluster.images does not name"), {}});
  }
  for (const std::string& image : found) {
    if (!expected.contains(image))
      faults_.push_back({cluster.place, cat("cluster.images names '", image, "', which ", kubeadm, " does not pull"), {}});
  }
}

void ClusterImages::throw_if_any() const {
  if (!faults_.empty()) throw InputError(faults_);
}

std::vector<std::string> ClusterImages::unused() const {
  std::vector<std::string> warnings;
  for (const ProfileImage& image : profile_.images) {
    if (!named_.contains(full_name(image.name)))
      warnings.push_back(cat(image.place.file, ":", image.place.line, ":", image.place.column, ": nothing in the cluster names the image '",
                             image.name, "'"));
  }
  return warnings;
}

}  // namespace rootcellar
