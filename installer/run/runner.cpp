#include "installer/run/runner.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "bundle/base/error.h"
#include "bundle/base/interrupt.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"
#include "installer/run/history.h"
#include "installer/run/own_file.h"

namespace rootcellar {
namespace {

using Kind = JournalRecord::Kind;

JsonValue object(std::initializer_list<JsonValue::Member> members) { return JsonValue::object(std::vector<JsonValue::Member>(members)); }

void report(RunContext& context, const Step& step, std::string_view state) {
  context.progress.event("step", object({{"id", JsonValue::string(step.id)},
                                         {"title", JsonValue::string(step.title)},
                                         {"state", JsonValue::string(std::string(state))}}));
}

// What earlier plans left at the step's place and is not taken back.
std::vector<OpenStep> earlier_effects(const std::vector<JournalRecord>& records, const Step& step) {
  std::vector<OpenStep> earlier;
  for (OpenStep& open : open_steps(records)) {
    if (open.record < plan_start(records) && place_of(open.step) == place_of(step)) earlier.push_back(std::move(open));
  }
  return earlier;
}

/// Looks whether there is anything to do, and writes down that it begins; nothing: it is already so. Its undo data otherwise.
std::optional<JsonValue> begin_step(const Step& step, Journal& journal, RunContext& context) {
  const JsonValue encoded = encode_step(step);
  StepHistory history = history_of(journal.records(), step.id, encoded);
  context.watched_changed = watched_is_newer(journal.records(), step);
  // A spool may be there again: packages of a later plan were spooled anew. And a clock without a battery falls back with the power.
  const bool look_again = context.watched_changed || std::holds_alternative<RemoveSpool>(step.action) ||
                          std::holds_alternative<CorrectClock>(step.action);
  if (history.done && !look_again) return std::nullopt;
  context.earlier = earlier_effects(journal.records(), step);
  if (!history.begun || history.done) {
    if (probe_step(step, context) == ProbeResult::already) {
      journal.append({.kind = Kind::done, .step = step.id, .data = object({{"already", JsonValue::boolean(true)}, {"step", encoded}})});
      return std::nullopt;
    }
    history.undo_data = prepare_undo(step, context);
    journal.append({.kind = Kind::begin, .step = step.id, .data = object({{"step", encoded}, {"undo", history.undo_data}})});
  }
  report(context, step, "begin");
  return std::move(history.undo_data);
}

void finish_step(const Step& step, Journal& journal, RunContext& context) {
  journal.append({.kind = Kind::done, .step = step.id, .data = JsonValue::object()});
  context.progress.note(step.title);
}

void run_step(const Step& step, Journal& journal, RunContext& context, RunOutcome& outcome) {
  const std::optional<JsonValue> undo_data = begin_step(step, journal, context);
  if (!undo_data) {
    ++outcome.already;
    return;
  }
  context.undo_data = &*undo_data;
  do_step(step, context);
  context.undo_data = nullptr;
  finish_step(step, journal, context);
  ++outcome.done;
}

// Pulls wait in turns for the registry, for one processor that unpacks and for the disk.
constexpr unsigned k_pulls_at_once = 3;

bool is_pull(const Step& step) {
  return std::holds_alternative<PullIntoContainerd>(step.action) || std::holds_alternative<PullImage>(step.action);
}

/// A step that has begun, and whether it is done.
struct Begun {
  const Step& step;
  JsonValue undo_data;
  bool done = false;
};

/// What is done is written down in the plan's order: up to the first that is not, or all of it once nothing goes on.
class InOrder {
 public:
  InOrder(std::vector<Begun>& begun, Journal& journal, RunContext& context, RunOutcome& outcome)
      : begun_(begun), journal_(journal), context_(context), outcome_(outcome) {}

  void is_done(Begun& step) {
    const std::lock_guard lock(mutex_);
    step.done = true;
    for (; next_ < begun_.size() && begun_[next_].done; ++next_) finish(begun_[next_]);
  }
  void write_the_rest() {
    for (; next_ < begun_.size(); ++next_) {
      if (begun_[next_].done) finish(begun_[next_]);
    }
  }

 private:
  void finish(const Begun& step) {
    finish_step(step.step, journal_, context_);
    ++outcome_.done;
  }

  std::vector<Begun>& begun_;
  Journal& journal_;
  RunContext& context_;
  RunOutcome& outcome_;
  std::mutex mutex_;
  std::size_t next_ = 0;
};

std::vector<Begun> begin_all(std::span<const Step> steps, Journal& journal, RunContext& context, RunOutcome& outcome) {
  std::vector<Begun> begun;
  for (const Step& step : steps) {
    poll_interrupt();
    std::optional<JsonValue> undo_data;
    with_note(step.title, [&] { undo_data = begin_step(step, journal, context); });
    if (undo_data)
      begun.push_back({step, *std::move(undo_data)});
    else
      ++outcome.already;
  }
  return begun;
}

/// Pulls that follow each other, several at a time. All begin before the first is done: what a stop leaves is begun and not done, each is
/// done again, and undo takes them back in the plan's order.
void run_pulls(std::span<const Step> pulls, Journal& journal, RunContext& context, RunOutcome& outcome) {
  std::vector<Begun> begun = begin_all(pulls, journal, context, outcome);
  InOrder record(begun, journal, context, outcome);
  try {
    parallel_for(begun.size(), std::min(context.jobs, k_pulls_at_once), [&](std::size_t i) {
      poll_interrupt();
      RunContext own = context;
      own.undo_data = &begun[i].undo_data;
      with_note(begun[i].step.title, [&] { do_step(begun[i].step, own); });
      record.is_done(begun[i]);
    });
  } catch (const Error&) {
    record.write_the_rest();
    throw;
  }
}

// Adds what a person needs to know to an error on its way out. The state is that of the moment it ends.
template <typename State, typename Action>
void with_machine_state(const State& state, Action&& action) {
  try {
    action();
  } catch (Error& error) {
    error.set_machine_state(state());
    throw;
  }
}

JsonValue undone_data(std::size_t record, const std::vector<std::string>& kept) {
  JsonValue data = object({{"of", JsonValue::number(record)}});
  if (!kept.empty()) data.set("kept", JsonValue::string_array(kept));
  return data;
}

void undo_one(const OpenStep& open, Journal& journal, RunContext& context, bool purge_data) {
  journal.append({.kind = Kind::undo_begin, .step = open.step.id, .data = object({{"of", JsonValue::number(open.record)}})});
  report(context, open.step, "undo-begin");
  const std::size_t before = context.kept.size();
  undo_step(open.step, open.undo_data, context, purge_data);
  const std::vector<std::string> kept(context.kept.begin() + static_cast<std::ptrdiff_t>(before), context.kept.end());
  journal.append({.kind = Kind::undone, .step = open.step.id, .data = undone_data(open.record, kept)});
  if (!leaves_nothing(open.step)) context.progress.note(cat("taken back: ", open.step.title));
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

// Services that ran before us and run on get their own configuration back only by a restart after every file is back. What counts is the
// oldest of a unit's effects: later ones found it as we had set it.
void restart_restored_units(const Journal& journal, RunContext& context) {
  std::set<std::string> undone;
  std::map<std::string, bool> ran_before;
  for (auto record = journal.records().rbegin(); record != journal.records().rend() && record->kind != Kind::finished; ++record) {
    if (record->kind == Kind::undone) undone.insert(record->step);
  }
  for (const JournalRecord& record : journal.records()) {
    if (record.kind != Kind::begin || !undone.contains(record.step)) continue;
    const Step step = recorded_step(record);
    if (const auto* unit = std::get_if<SetUnit>(&step.action)) {
      if (!unit->watch.empty()) ran_before.emplace(unit->unit, recorded_undo(record).truth("active").value_or(false));
    }
  }
  for (const auto& [unit, ran] : ran_before) {
    if (ran) restart_unit(unit, context);
  }
}

std::uint64_t tree_bytes(HostSystem& host, const std::string& path) {
  const auto found = host.status(path);
  if (!found) return 0;
  if (found->type != FileStatus::Type::directory) return found->type == FileStatus::Type::file ? found->size : 0;
  std::uint64_t sum = 0;
  for (const std::string& name : host.list(path)) sum += tree_bytes(host, path_join(path, name));
  return sum;
}

// The end of an upgrade: what earlier bundles left at places that this plan knows nothing of is taken back, and images that only they had
// leave the registry. What lies under a step of this plan stays until uninstall, which takes the pile back from the top.
void take_back_what_is_gone(const std::vector<Step>& steps, Journal& journal, RunContext& context) {
  std::map<std::string, const Step*> places;
  for (const Step& step : steps) places.emplace(place_of(step), &step);
  std::vector<OpenStep> open = open_steps(journal.records());
  const std::size_t start = plan_start(journal.records());
  std::erase_if(open, [&](const OpenStep& effect) { return effect.record >= start; });
  for (auto effect = open.rbegin(); effect != open.rend(); ++effect) {
    poll_interrupt();
    const auto now = places.find(place_of(effect->step));
    if (now == places.end())
      undo_one(*effect, journal, context, false);
    else if (const auto* fill = std::get_if<FillRegistry>(&now->second->action))
      drop_superseded_images(*fill, effect->undo_data, context);
  }
}

}  // namespace

RunOutcome run_plan(const std::vector<Step>& steps, Journal& journal, RunContext& context) {
  RunOutcome outcome;
  const auto state = [&] {
    return cat(outcome.done + outcome.already, " of ", steps.size(), " steps are done and stay; run 'rootcellar-install resume' to go on");
  };
  for (auto step = steps.begin(); step != steps.end();) {
    poll_interrupt();
    const auto end = std::find_if_not(step, steps.end(), is_pull);
    with_machine_state(state, [&] {
      if (end != step) return run_pulls({step, end}, journal, context, outcome);
      with_note(step->title, [&] { run_step(*step, journal, context, outcome); });
    });
    step = end != step ? end : step + 1;
  }
  with_machine_state([] { return std::string("all steps are done; run 'rootcellar-install resume' to take back what the earlier bundle left"); },
                     [&] {
                       with_note("taking back what the earlier bundle alone had",
                                 [&] { take_back_what_is_gone(steps, journal, context); });
                     });
  journal.append({.kind = Kind::finished,
                  .data = object({{"done", JsonValue::number(outcome.done)}, {"already", JsonValue::number(outcome.already)}})});
  return outcome;
}

void undo_all(Journal& journal, RunContext& context, bool purge_data) {
  const auto open = open_steps(journal.records());
  std::size_t undone = 0;
  const auto state = [&] {
    return cat(undone, " of ", open.size(), " steps are taken back; run 'rootcellar-install uninstall' to go on");
  };
  for (auto step = open.rbegin(); step != open.rend(); ++step, ++undone) {
    poll_interrupt();
    with_machine_state(state, [&] {
      with_note(cat("taking back: ", step->step.title), [&] { undo_one(*step, journal, context, purge_data); });
    });
  }
  if (purge_data) purge_kept(journal, context);
  restart_restored_units(journal, context);
  context.host.remove_tree(attic_path(context.paths));
  journal.append({.kind = Kind::finished, .data = object({{"undone", JsonValue::number(open.size())}})});
}

std::vector<OpenStep> open_steps(const std::vector<JournalRecord>& records) {
  std::vector<OpenStep> steps;
  for (const OpenRecord& open : open_records(records)) {
    const JournalRecord& begin = records[open.begin];
    steps.push_back({recorded_step(begin), recorded_undo(begin), open.done, open.begin});
  }
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
