// A finished installation whose plan says something else from now on: journaled, so that a stop is gone on with, and no stick is asked for.
#pragma once

#include <vector>

#include "installer/commands/care_setting.h"
#include "installer/commands/surroundings.h"

namespace rootcellar {

/// All steps as they are from now on; those that are to be done, and those that stay as they are. In the plan's order.
struct Change {
  std::vector<Step> steps;
  std::vector<const Step*> concerned, same;
};

/// Under a new plan record; what stays is done already.
void journal_change(const CareSetting& setting, const Change& change, Surroundings& surroundings);

}  // namespace rootcellar
