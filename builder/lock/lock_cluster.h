// The cluster's part of locking: manifests and charts pinned, and every image they name compared with the profile's.
#pragma once

#include "builder/lock/lock.h"
#include "builder/source/sources.h"

namespace rootcellar {

/// REQUIRES: files of `lock` are there already, the cluster's programs among them. What does not fit is one InputError with all of it.
void lock_cluster(const Profile& profile, Lock& lock, SourceContext& context);

}  // namespace rootcellar
