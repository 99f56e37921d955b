// Why a cluster is not as it should be, in sentences: from the pods' states and the events, as kubectl prints them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bundle/base/json.h"

namespace rootcellar {

/// The last line that a container wrote before it ended; empty when it cannot be had.
using LastLine = std::function<std::string(const std::string& pod, const std::string& container)>;

/// One sentence for each pod that is not well ("pod web-abc: container web: ImagePullBackOff: ..."); when every pod is, one for each
/// owner that cannot make its pods. `pods`, `events`: the lists of one namespace (kubectl get -o json).
std::vector<std::string> diagnose(const JsonValue& pods, const JsonValue& events, const LastLine& last_line);

}  // namespace rootcellar
