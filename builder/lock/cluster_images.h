// The images that manifests, charts and kubeadm name, against those the profile declares. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "builder/lock/manifest_images.h"
#include "builder/profile/profile.h"

namespace rootcellar {

class ClusterImages {
 public:
  explicit ClusterImages(const Profile& profile);

  /// Every image that the YAML in `text` names must be declared, and be there for docker where that runs the cluster. `what` is its name for people; `place` is where the profile says so.
  void take(std::string_view text, const std::string& what, const TextPlace& place);
  /// cluster.images must be what kubeadm pulls: no more, no less.
  void compare_with_kubeadm(const std::vector<std::string>& printed);
  /// One InputError with every fault.
  void throw_if_any() const;
  /// A warning for each declared image that nothing names.
  std::vector<std::string> unused() const;

 private:
  void check_for_docker(const NamedImage& image, const std::string& what, const TextPlace& place);

  const Profile& profile_;
  std::set<std::string> declared_, named_;
  std::vector<Fault> faults_;
};

}  // namespace rootcellar
