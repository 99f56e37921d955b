// The Job of Kubernetes that a step runs a program by, and what is read from it again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/base/json.h"
#include "installer/run/cluster_step.h"

namespace rootcellar {

/// What the job is about: the same again is not run again. Not of `job`: how it is waited for, and how often it may be tried.
Digest job_identity(const RunJob& job);

/// The object for the API server (batch/v1, which has been there since Kubernetes 1.2). `values`: of the variables that are no Secret's,
/// filled in, in the order of `job.environment`.
JsonValue job_object(const RunJob& job, const std::vector<std::string>& values);

/// The identity that job_object() left in it; nothing when the job is not ours.
std::optional<std::string> identity_in(const JsonValue& object);

}  // namespace rootcellar
