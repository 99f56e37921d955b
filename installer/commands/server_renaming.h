// Other names of the API server on an installed cluster, by a changed list `cluster.cert_sans` of the answers.
#pragma once

#include <string>

#include "installer/commands/care_setting.h"
#include "installer/commands/changed_plan.h"
#include "installer/commands/surroundings.h"
#include "installer/plan/answers.h"

namespace rootcellar {

struct ServerRenaming {
  Answers answers;  ///< from now on
  Change change;    ///< nothing concerned: the names stay as they are
};

/// By the answers in `file`. UsageError when they say anything else than the kept ones, but for `cluster.cert_sans`; HostError on a machine
/// that joined, and when an exported file is for a name that would go.
ServerRenaming read_server_names(const CareSetting& setting, const std::string& file, Surroundings& surroundings);

/// The install unit does it, once nobody holds `setting`'s lock.
void journal_server_names(const CareSetting& setting, const ServerRenaming& renaming, Surroundings& surroundings);

}  // namespace rootcellar
