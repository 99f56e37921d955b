#include <set>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "installer/plan/subjects.h"

namespace rootcellar {

void plan_files(const PlanInput& input, Plan& plan) {
  std::set<std::string> directories;
  for (const PlacedFile& file : input.appliance().files) {
    const std::string directory = path_parent(file.destination);
    if (directories.insert(directory).second) {
      add_step(plan, cat("directory-", step_slug(directory)), cat("make directory ", directory), "Files of the appliance go there.",
               MakeDirectory{directory});
    }
    add_step(plan, cat("file-", step_slug(file.name)), cat("put ", file.destination, " in place"),
             cat("The appliance brings it as '", file.name, "'."),
             PlaceFile{file.path, file.destination, file.mode, {file.owner, file.group}});
  }
}

}  // namespace rootcellar
