#include "installer/run/runner.h"

#include <algorithm>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

using Kind = JournalRecord::Kind;

JsonValue object(std::initializer_list<JsonValue::Member> members) { return JsonValue::object(std::vector<JsonValue::Member>(members)); }

Step recorded_step(const JournalRecord& record) {
  const JsonValue* step = record.data.find("step");
  if (step == nullptr) throw InputError(cat("journal, step '", record.step, "': expected the member 'step'"));
  return decode_step(*step, cat("journal, step '", record.step, "'"));
}

JsonValue recorded_undo(const JournalRecord& record) {
  const JsonValue* undo = record.data.find("undo");
  return undo != nullptr ? *undo : JsonValue::object();
}

bool purged(const JournalRecord& record) { return record.data.find("purged") != nullptr; }

// What the journal says about one step with exactly this content.
struct History {
  bool begun = false;
  bool done = false;
  std::size_t done_at = 0;
  JsonValue undo_data = JsonValue::object();
};

History history_of(const std::vector<JournalRecord>& records, const std::string& id, const JsonValue& encoded) {
  History history;
  bool same = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const JournalRecord& record = records[i];
    if (record.step != id || purged(record)) continue;
    if (const JsonValue* step = record.data.find("step")) same = *step == encoded;
    if (record.kind == Kind::begin && same) history = {.begun = true, .undo_data = recorded_undo(record)};
    if (record.kind == Kind::begin && !same) history = {};
    if (record.kind == Kind::done && same) history.done = true, history.done_at = i;
    if (record.kind == Kind::undo_begin) history.done = false;  // stopped while it was taken back: part of the effect may be gone
    if (record.kind == Kind::undone) history = {};
  }
  return history;
}

bool watches(const Step& step, const std::string& path) {
  const auto* unit = std::get_if<SetUnit>(&step.action);
  return unit != nullptr && unit->restart_if_changed && std::find(unit->watch.begin(), unit->watch.end(), path) != unit->watch.end();
}

// A watched file written after the unit was last set: the service still runs with the old one, whenever that was.
bool watched_file_written(const std::vector<JournalRecord>& records, const Step& step, const History& history) {
  for (std::size_t i = history.done ? history.done_at : 0; i < records.size(); ++i) {
    if (records[i].kind == Kind::begin && watches(step, written_path(recorded_step(records[i])))) return true;
  }
  return false;
}

void report(RunContext& context, const Step& step, std::string_view state) {
  context.progress.event("step", object({{"id", JsonValue::string(step.id)},
                                         {"title", JsonValue::string(step.title)},
                                         {"state", JsonValue::string(std::string(state))}}));
}

enum class Ran { had_effect, already };

Ran run_step(const Step& step, Journal& journal, RunContext& context) {
  const JsonValue encoded = encode_step(step);
  History history = history_of(journal.records(), step.id, encoded);
  context.watched_changed = watched_file_written(journal.records(), step, history);
  // A spool may be there again: packages of a later plan were spooled anew.
  const bool look_again = context.watched_changed || std::holds_alternative<RemoveSpool>(step.action);
  if (history.done && !look_again) return Ran::already;
  if (!history.begun || history.done) {
    if (probe_step(step, context) == ProbeResult::already) {
      journal.append({.kind = Kind::done, .step = step.id, .data = object({{"already", JsonValue::boolean(true)}, {"step", encoded}})});
      return Ran::already;
    }
    history.undo_data = prepare_undo(step, context);
    journal.append({.kind = Kind::begin, .step = step.id, .data = object({{"step", encoded}, {"undo", history.undo_data}})});
  }
  report(context, step, "begin");
  context.undo_data = &history.undo_data;
  do_step(step, context);
  context.undo_data = nullptr;
  journal.append({.kind = Kind::done, .step = step.id, .data = JsonValue::object()});
  context.progress.note(step.title);
  return Ran::had_effect;
}

// Adds what a person needs to know to an error on its way out.
template <typename Action>
void with_machine_state(const std::string& note, const std::string& state, Action&& action) {
  try {
    with_note(note, std::forward<Action>(action));
  } catch (Error& error) {
    error.set_machine_state(state);
    throw;
  }
}

struct OpenRecord {
  const JournalRecord* begin;
  bool done = false;
};

std::vector<OpenRecord> open_records(const std::vector<JournalRecord>& records) {
  std::vector<OpenRecord> open;
  for (const JournalRecord& record : records) {
    if (record.kind == Kind::begin) open.push_back({&record});
    const auto last = std::find_if(open.rbegin(), open.rend(), [&](const OpenRecord& entry) { return entry.begin->step == record.step; });
    if (last == open.rend()) continue;
    if (record.kind == Kind::done) last->done = true;
    if (record.kind == Kind::undone && !purged(record)) open.erase(std::next(last).base());
  }
  return open;
}

JsonValue undone_data(const std::vector<std::string>& kept) {
  return kept.empty() ? JsonValue::object() : object({{"kept", JsonValue::string_array(kept)}});
}

void undo_one(const OpenStep& open, Journal& journal, RunContext& context, bool purge_data) {
  journal.append({.kind = Kind::undo_begin, .step = open.step.id, .data = JsonValue::object()});
  report(context, open.step, "undo-begin");
  const std::size_t before = context.kept.size();
  undo_step(open.step, open.undo_data, context, purge_data);
  const std::vector<std::string> kept(context.kept.begin() + static_cast<std::ptrdiff_t>(before), context.kept.end());
  journal.append({.kind = Kind::undone, .step = open.step.id, .data = undone_data(kept)});
  context.progress.note(cat("taken back: ", open.step.title));
}

// Paths that earlier undos kept and nobody purged since, with the step that made them.
std::vector<std::pair<std::string, std::string>> kept_paths(const std::vector<JournalRecord>& records) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const JournalRecord& record : records) {
    if (const auto path = record.data.text("purged")) std::erase_if(kept, [&](const auto& entry) { return entry.first == *path; });
    const JsonValue* paths = record.kind == Kind::undone ? record.data.find("kept") : nullptr;
    if (paths == nullptr) continue;
    for (const JsonValue& path : paths->items()) kept.emplace_back(path.as_string(), record.step);
  }
  return kept;
}

void purge_kept(Journal& journal, RunContext& context) {
  for (const auto& [path, step] : kept_paths(journal.records())) {
    context.host.remove_tree(path);
    context.host.sync_filesystem(path_parent(path));
    journal.append({.kind = Kind::undone, .step = step, .data = object({{"purged", JsonValue::string(path)}})});
  }
}

// Services that ran before us and run on get their own configuration back only by a restart after every file is back.
void restart_restored_units(const Journal& journal, RunContext& context) {
  std::set<std::string> undone;
  std::set<std::string> units;
  for (auto record = journal.records().rbegin(); record != journal.records().rend() && record->kind != Kind::finished; ++record) {
    if (record->kind == Kind::undone) undone.insert(record->step);
  }
  for (const JournalRecord& record : journal.records()) {
    if (record.kind != Kind::begin || !undone.contains(record.step)) continue;
    const Step step = recorded_step(record);
    if (const auto* unit = std::get_if<SetUnit>(&step.action)) {
      if (!unit->watch.empty() && recorded_undo(record).truth("active").value_or(false)) units.insert(unit->unit);
    }
  }
  for (const std::string& unit : units) restart_unit(unit, context);
}

std::uint64_t tree_bytes(HostSystem& host, const std::string& path) {
  const auto found = host.status(path);
  if (!found) return 0;
  if (found->type != FileStatus::Type::directory) return found->type == FileStatus::Type::file ? found->size : 0;
  std::uint64_t sum = 0;
  for (const std::string& name : host.list(path)) sum += tree_bytes(host, path_join(path, name));
  return sum;
}

}  // namespace

RunOutcome run_plan(const std::vector<Step>& steps, Journal& journal, RunContext& context) {
  RunOutcome outcome;
  for (const Step& step : steps) {
    poll_interrupt();
    const std::string state =
        cat(outcome.done + outcome.already, " of ", steps.size(), " steps are done and stay; run 'rootcellar-install resume' to go on");
    with_machine_state(step.title, state, [&] { ++(run_step(step, journal, context) == Ran::already ? outcome.already : outcome.done); });
  }
  journal.append({.kind = Kind::finished,
                  .data = object({{"done", JsonValue::number(outcome.done)}, {"already", JsonValue::number(outcome.already)}})});
  return outcome;
}

void undo_all(Journal& journal, RunContext& context, bool purge_data) {
  const auto open = open_steps(journal.records());
  std::size_t undone = 0;
  for (auto step = open.rbegin(); step != open.rend(); ++step, ++undone) {
    poll_interrupt();
    const std::string state = cat(undone, " of ", open.size(), " steps are taken back; run 'rootcellar-install uninstall' to go on");
    with_machine_state(cat("taking back: ", step->step.title), state, [&] { undo_one(*step, journal, context, purge_data); });
  }
  if (purge_data) purge_kept(journal, context);
  restart_restored_units(journal, context);
  context.host.remove_tree(attic_path(context.paths));
  journal.append({.kind = Kind::finished, .data = object({{"undone", JsonValue::number(open.size())}})});
}

std::vector<OpenStep> open_steps(const std::vector<JournalRecord>& records) {
  std::vector<OpenStep> steps;
  for (const OpenRecord& open : open_records(records)) steps.push_back({recorded_step(*open.begin), recorded_undo(*open.begin), open.done});
  return steps;
}

std::vector<KeptData> kept_data(const std::vector<JournalRecord>& records, HostSystem& host) {
  std::set<std::string> paths;
  for (const auto& [path, step] : kept_paths(records)) paths.insert(path);
  for (const OpenStep& open : open_steps(records)) {
    const auto* directory = std::get_if<MakeDirectory>(&open.step.action);
    if (directory != nullptr && directory->keep) paths.insert(directory->path);
  }
  std::vector<KeptData> kept;
  for (const std::string& path : paths) {
    if (host.exists(path)) kept.push_back({path, tree_bytes(host, path)});
  }
  return kept;
}

}  // namespace rootcellar
