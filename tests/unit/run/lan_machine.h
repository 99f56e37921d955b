// An appliance with an authority of its own, and a machine in memory that draws codes.
#pragma once

#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {

Bundle lan_bundle(const std::string& directory);
std::vector<Step> lan_plan();
/// The certificate is for one more name.
std::vector<Step> next_lan_plan(const Bundle& next);
void set_up_lan_machine(MemoryHost& host);

}  // namespace rootcellar::test
