// Folders given away by NFS, data that is unpacked, and what roles demand of disks: the subjects that plan them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "installer/plan/subjects.h"

namespace rootcellar {

inline constexpr std::string_view k_exports_table = "/etc/exports.d/rootcellar.exports";
inline constexpr std::string_view k_container_exports_table = "/etc/rootcellar/nfs/exports";
inline constexpr std::string_view k_exports_step = "nfs-exports";

/// The folders that are given away and those that data goes into.
void plan_folders(const PlanInput& input, Plan& plan);
void plan_data(const PlanInput& input, Plan& plan);
/// The kernel's NFS server, or the proof that the site's own can be mounted.
void plan_nfs(const PlanInput& input, Plan& plan);
/// The same from a container. Comes after the images.
void plan_nfs_container(const PlanInput& input, Plan& plan);
void plan_disks(const PlanInput& input, Plan& plan);

/// This machine is the one that gives the folders away.
bool serves_nfs(const PlanInput& input);
/// The image that this machine gives the folders away by; empty: none.
std::string nfs_image(const PlanInput& input);
/// ${site.nfs_server}, ${site.nfs_path} and ${site.nfs_path_NAME}; none where neither the appliance nor the site has NFS.
void add_nfs_values(const PlanInput& input, std::vector<TemplateValue>& values);
/// The text of the export table on this machine.
std::string exports_table(const PlanInput& input);
/// Paths whose filesystems the plan looks at.
void add_storage_paths(const Appliance& appliance, std::vector<std::string>& paths);
void need_data(const PlanInput& input, std::vector<SpaceNeed>& needs);

}  // namespace rootcellar
