// The site's names in the spellings that other people's machines and nameservers take in.
#pragma once

#include <optional>
#include <string>

#include "installer/commands/surroundings.h"
#include "installer/plan/lan_names.h"

namespace rootcellar {

struct SiteRecords {
  LanNames names;
  bool nameserver = false;  ///< this machine answers for them itself
  std::string zone;         ///< the master file, as the page has it
};

/// Nothing when nothing is installed here, or it offers nothing to its network.
std::optional<SiteRecords> site_records(Surroundings& surroundings);
/// What the end of an installation says where another's nameserver has to answer; empty: none has to.
std::string records_to_ask_for(Surroundings& surroundings);

}  // namespace rootcellar
