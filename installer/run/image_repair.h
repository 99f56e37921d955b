// What a finished installation has of images and others take from it: put right without the stick.
#pragma once

#include <string>
#include <vector>

#include "installer/run/runner.h"

namespace rootcellar {

/// Images of `steps` in containerd that lost their pin (a pull by somebody else takes it) or are gone: pinned again, pulled from the site's
/// registry again. Says which. The first one that cannot be put right is the error, after the others.
std::vector<std::string> repair_images(const std::vector<Step>& steps, RunContext& context);

}  // namespace rootcellar
