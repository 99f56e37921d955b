// A machine in memory that is told of a site's authority: models of its trust store and of openssl, over files.
#pragma once

#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {

void set_up_trust_machine(MemoryHost& host);
/// What a registry over https and one under another's name do to a machine; the authority's certificate is a fixed text.
std::vector<Step> trust_plan();
/// Another address, another certificate.
std::vector<Step> next_trust_plan(const Bundle& next);

}  // namespace rootcellar::test
