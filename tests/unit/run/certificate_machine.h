// A site that brings its certificate along, and later another; and one that makes its own.
#pragma once

#include "tests/unit/run/small_appliance.h"

namespace rootcellar::test {

/// One file, which says nothing here.
Bundle certificate_bundle(const std::string& directory);
/// The certificate in /media/stick, and later the one of another authority in /media/other.
std::vector<Step> certificate_plan();
std::vector<Step> next_certificate_plan(const Bundle& next);
/// The site's own authority and what it signs.
std::vector<Step> own_certificate_plan();
void set_up_certificate_machine(MemoryHost& host);

}  // namespace rootcellar::test
