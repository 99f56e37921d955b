// The cluster's own programs, run while locking: the very files that the bundle carries, in an empty home and without a network.
#pragma once

#include <string>
#include <vector>

#include "builder/lock/lock.h"
#include "builder/source/sources.h"

namespace rootcellar {

/// Runs what the lock has pinned by its destination's name ("helm", "kubeadm", "kubectl").
class ClusterPrograms {
 public:
  ClusterPrograms(const Lock& lock, SourceContext& context);

  /// What kubeadm of this version pulls, as it prints it.
  std::vector<std::string> kubeadm_images(const std::string& version);
  /// The chart's manifests with these values, hooks and CRDs too. `what` begins the sentence of an error.
  std::string render_chart(const std::string& archive, const Deployment& deployment, const std::string& values, const std::string& version,
                           const std::string& what);
  /// The manifests that a kustomize folder makes.
  std::string render_folder(const std::string& folder, const std::string& what);

 private:
  /// The program made executable; InputError when the lock has none of this name.
  std::string program(const std::string& name);
  std::string run(const std::string& name, std::vector<std::string> arguments, const std::string& what);

  const Lock& lock_;
  SourceContext& context_;
  TemporaryDirectory home_;
};

}  // namespace rootcellar
