// The site's own registry, cluster and nameservers, asked before a plan is made: nothing on this machine or there is changed.
#pragma once

#include "bundle/bundle.h"
#include "installer/plan/answers.h"
#include "installer/plan/facts.h"

namespace rootcellar {

/// The cluster is asked by the bundle's own kubectl, which runs from memory where it is not installed yet.
ExistingFacts ask_existing(Bundle& bundle, const Answers& answers, const Facts& facts, HostSystem& host);

}  // namespace rootcellar
