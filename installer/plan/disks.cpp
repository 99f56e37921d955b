#include "bundle/base/text.h"
#include "installer/plan/cluster_site.h"
#include "installer/plan/storage.h"

namespace rootcellar {
namespace {

void check_disk(const PlanInput& input, const NodeRole& role, const RoleDisk& disk, Plan& plan) {
  const StorageFacts& storage = input.facts.storage;
  const auto space = input.facts.space.find(disk.path);
  if (space == input.facts.space.end()) return;
  const std::string wants = cat("the role '", role.name, "' wants ");
  // What the appliance itself has put there since is no fault.
  if (!input.facts.installed && space->second.available < disk.free) {
    plan.refusals.push_back(cat(wants, human_size(disk.free), " free in '", disk.path, "', and its filesystem has ",
                                human_size(space->second.available)));
  }
  if (disk.own_filesystem && storage.root_device == space->second.device)
    plan.refusals.push_back(cat(wants, "a filesystem of its own for '", disk.path, "', and it lies on the one of /: mount a disk there"));
  const auto turning = storage.turning.find(disk.path);
  if (disk.solid_state && turning != storage.turning.end() && turning->second)
    plan.refusals.push_back(cat(wants, "a solid-state disk for '", disk.path, "', and its filesystem is on one that turns"));
}

}  // namespace

void plan_disks(const PlanInput& input, Plan& plan) {
  if (!input.cluster()) return;
  for (const NodeRole* role : make_cluster_site(input).roles) {
    for (const RoleDisk& disk : role->disks) check_disk(input, *role, disk, plan);
  }
}

}  // namespace rootcellar
