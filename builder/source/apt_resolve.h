// Resolving several things against one reading of the package archives: what sources.h promises, with the root shared.
#pragma once

#include "builder/source/apt_root.h"

namespace rootcellar {

/// InputError unless `request` is exactly a package name, with '=' and a version or a glob for it if wanted: nothing apt would take for an
/// option, a removal or a pattern.
void check_package_request(const std::string& request);
/// As resolve_packages(); `apt` is updated and of the target's release.
Resolved<LockedPackages> resolve_packages_in(AptRoot& apt, const ProfilePackages& packages, const TargetRelease& target,
                                             SourceContext& context);
/// As make_recipe_image(); `apt` is updated and of the recipe's suite.
Resolved<LockedImage> make_recipe_image_in(AptRoot& apt, const ImageName& name, const Recipe& recipe, const std::string& suite,
                                           SourceContext& context);

}  // namespace rootcellar
