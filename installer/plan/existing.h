// The subjects of a plan that use what the site has already: its registry, its cluster, its nameservers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "installer/plan/cluster_site.h"

namespace rootcellar {

/// How the registry that serves the images is reached: this machine's own, the first node's, or the site's.
struct RegistryAccess {
  std::string url;             ///< "http://127.0.0.1:5000", without a slash at its end
  std::string ca;              ///< file with its authority's certificates; empty: no TLS
  bool needs_account = false;  ///< to be read; ${secret...} holds it
};
RegistryAccess registry_access(const PlanInput& input);

/// The digest under which the registry serves an image of the bundle: a site's registry wants every manifest that an index lists, so it is
/// given that of the bundle's platform.
Digest served_digest(const PlanInput& input, const ImageEntry& image);

/// The smallest image of every upstream, by the upstream's host: what proves most for least.
std::map<std::string, const ImageEntry*> proof_images(const PlanInput& input);
/// By its first tag, else by its digest.
std::string image_name(const ImageEntry& image);

/// Nameservers that pods ask: of `existing.dns`, else `cluster.nameservers`.
const std::vector<std::string>& pods_nameservers(const PlanInput& input);

/// Refusals and cautions of what the site says that it has.
void plan_existing_fit(const PlanInput& input, Plan& plan);
/// What is wrong with files that the answers name.
void tell_file_faults(const PlanInput& input, const std::vector<std::string>& faults, Plan& plan);
/// Its account and certificates kept here, and the images pushed into it.
void plan_site_registry(const PlanInput& input, Plan& plan);
/// Refusals and cautions of the site's own cluster.
void plan_site_cluster_fit(const PlanInput& input, Plan& plan);
/// The key of the cluster kept here, and the proof that its nodes get the bundle's images.
void plan_site_cluster(const PlanInput& input, const ClusterSite& site, Plan& plan);
/// Root's login shells find a cluster by `kubeconfig`.
void plan_shell_kubeconfig(const std::string& kubeconfig, Plan& plan);
/// Refuses a bundle without a program that the cluster needs.
void require_programs(const PlanInput& input, const std::vector<std::string>& paths, Plan& plan);

}  // namespace rootcellar
