#include <algorithm>

#include "bundle/base/text.h"
#include "installer/plan/storage.h"

namespace rootcellar {
namespace {

/// Folders that several subjects want are made by the first.
void add_folder(const std::string& id, const MakeDirectory& folder, const std::string& reason, Plan& plan) {
  const auto makes_it = [&](const Step& step) {
    const auto* made = std::get_if<MakeDirectory>(&step.action);
    return made != nullptr && made->path == folder.path;
  };
  if (std::any_of(plan.steps.begin(), plan.steps.end(), makes_it)) return;
  add_step(plan, id, cat("make directory ", folder.path), reason, folder);
}

const FileEntry* file_of(const Index& index, const DataArtifact& data) {
  const auto found = std::find_if(index.files.begin(), index.files.end(), [&](const FileEntry& file) { return file.path == data.path; });
  return found == index.files.end() ? nullptr : &*found;
}

DataFacts facts_of(const PlanInput& input, const DataArtifact& data) {
  const auto found = input.facts.storage.data.find(data.name);
  return found == input.facts.storage.data.end() ? DataFacts() : found->second;
}

void check_destination(const PlanInput& input, const DataArtifact& data, Plan& plan) {
  const DataFacts facts = facts_of(input, data);
  if (!facts.is_ours && facts.is_occupied) {
    plan.refusals.push_back(cat("data '", data.name, "' goes into '", data.destination,
                                "', where something is that no install put there: move it away"));
  }
  if (facts.is_ours && facts.is_changed) {
    plan.cautions.push_back(cat("people changed data '", data.name, "' in '", data.destination,
                                "': it stays as it is, and what the bundle has is not unpacked"));
  }
}

}  // namespace

void plan_folders(const PlanInput& input, Plan& plan) {
  if (serves_nfs(input)) {
    for (const NfsExport& share : input.appliance().nfs.exports) {
      add_folder(cat("nfs-folder-", step_slug(share.name)), {share.path, share.mode, {share.owner, share.group}, true},
                 "Other machines mount it and keep data there.", plan);
    }
  }
  if (input.join != nullptr) return;
  for (const DataArtifact& data : input.appliance().data) {
    add_folder(cat("data-folder-", step_slug(data.name)), {data.destination, data.mode, {data.owner, data.group}, true},
               cat("The appliance's data '", data.name, "' goes there."), plan);
  }
}

void plan_data(const PlanInput& input, Plan& plan) {
  if (input.join != nullptr) return;
  for (const DataArtifact& data : input.appliance().data) {
    const FileEntry* file = file_of(input.index, data);
    if (file == nullptr) {
      plan.refusals.push_back(cat("the appliance's data '", data.name, "' is not in the bundle"));
      continue;
    }
    check_destination(input, data, plan);
    add_step(plan, cat("data-", step_slug(data.name)), cat("unpack data '", data.name, "' into ", data.destination),
             cat("The appliance brings it: ", human_size(data.unpacked), "."),
             UnpackData{data.name, data.path, file->digest, data.destination, {data.owner, data.group}});
  }
}

void need_data(const PlanInput& input, std::vector<SpaceNeed>& needs) {
  if (input.join != nullptr) return;
  for (const DataArtifact& data : input.appliance().data) {
    const DataFacts facts = facts_of(input, data);
    if (!facts.is_same && !facts.is_changed) needs.push_back({data.destination, cat("data '", data.name, "'"), data.unpacked});
  }
}

void add_storage_paths(const Appliance& appliance, std::vector<std::string>& paths) {
  if (appliance.nfs.enabled) {
    for (const NfsExport& share : appliance.nfs.exports) paths.push_back(share.path);
  }
  for (const DataArtifact& data : appliance.data) paths.push_back(data.destination);
  for (const NodeRole& role : appliance.cluster.roles) {
    for (const RoleDisk& disk : role.disks) paths.push_back(disk.path);
  }
}

}  // namespace rootcellar
