// What the journal says about steps: which effects lie on this machine, in which order, and what of them the present plan has done.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "installer/run/journal.h"
#include "installer/run/step.h"

namespace rootcellar {

/// An effect that began and is not taken back: a begin record's number, oldest first. Effects lie on each other like a stack, so one at the
/// same place as an older one remembers the older one's state.
struct OpenRecord {
  std::size_t begin = 0;
  bool done = false;
};
std::vector<OpenRecord> open_records(const std::vector<JournalRecord>& records);

Step recorded_step(const JournalRecord& begin);
JsonValue recorded_undo(const JournalRecord& begin);
/// True for records of data that was purged after its step was taken back.
bool is_purge(const JournalRecord& record);

/// The number of the plan record that counts now: what is done under an earlier one is looked at again, because another bundle may mean
/// other bytes by the same step. 0 without any.
std::size_t plan_start(const std::vector<JournalRecord>& records);

/// What was done about one step, with exactly this content, under the present plan.
struct StepHistory {
  bool begun = false;
  bool done = false;
  JsonValue undo_data = JsonValue::object();
};
StepHistory history_of(const std::vector<JournalRecord>& records, const std::string& id, const JsonValue& encoded);

/// True when something that the unit of `step` watches was written after the unit was last set: its service still runs with the old one.
bool watched_is_newer(const std::vector<JournalRecord>& records, const Step& step);

/// What a step is about on the machine ("file /etc/motd", "unit docker.service"): two steps at one place replace each other.
std::string place_of(const Step& step);
/// Of a finished step nothing is left on the machine: a proof, a wait, what lay in the spool.
bool leaves_nothing(const Step& step);

}  // namespace rootcellar
