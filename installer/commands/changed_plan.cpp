#include "installer/commands/changed_plan.h"

namespace rootcellar {

void journal_change(const CareSetting& setting, const Change& change, Surroundings& surroundings) {
  Journal journal(surroundings.host, KeptState(surroundings).journal_path());
  journal.append(plan_record(setting.bundle, change.steps, setting.plan.places, surroundings.host.now()));
  for (const Step* step : change.same) {
    journal.append({.kind = JournalRecord::Kind::done,
                    .step = step->id,
                    .data = JsonValue::object({{"already", JsonValue::boolean(true)}, {"step", encode_step(*step)}})});
  }
}

}  // namespace rootcellar
