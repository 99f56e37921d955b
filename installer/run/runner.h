// Runs a plan step by step through the journal: begin, do, done; the same code goes on after a stop and takes everything back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bundle/base/progress.h"
#include "bundle/bundle.h"
#include "installer/host/host_system.h"
#include "installer/run/journal.h"
#include "installer/run/step.h"

namespace rootcellar {

/// Where the installer keeps its own things on a machine.
struct SitePaths {
  std::string state = "/var/lib/rootcellar";  ///< journal, kept header, signatures, index, attic
  std::string config = "/etc/rootcellar";     ///< trust.yaml, answers.yaml
  std::string logs = "/var/log/rootcellar";   ///< STEP.log, events.jsonl
  std::string program = "/usr/local/sbin/rootcellar-install";

  std::string secrets() const { return state + "/secrets"; }    ///< made here, 0600 in 0700; kept by uninstall unless data is purged
  std::string captures() const { return state + "/captures"; }  ///< values read out of the cluster, 0600
  std::string deployed() const { return state + "/deployed"; }  ///< what was put into the cluster, for status and undo
};

struct RunOutcome {
  std::size_t done = 0;     ///< steps that had an effect
  std::size_t already = 0;  ///< steps whose probe said "already so"
};

/// What a step's probe found.
enum class ProbeResult { needed, already };

/// A step with an effect that is not taken back.
struct OpenStep {
  Step step;
  JsonValue undo_data;
  bool done = false;       ///< false: it began and was stopped
  std::size_t record = 0;  ///< of its begin, in the journal
};

/// Everything an action may use.
struct RunContext {
  HostSystem& host;
  Bundle* bundle = nullptr;  ///< nullptr in undo and status
  Progress& progress;
  SitePaths paths;
  unsigned jobs = 1;
  const JsonValue* undo_data = nullptr;  ///< set by the runner around do_step: what prepare_undo returned
  bool watched_changed = false;          ///< set by the runner around a SetUnit: a file it watches was written since it was last done
  std::vector<OpenStep> earlier;         ///< set by the runner: what earlier plans did at the step's place, oldest first
  std::vector<std::string> kept;         ///< out: paths an undo left because people's data is in them
  std::map<std::string, std::string> silent_apis;  ///< kubeconfig -> why its API server did not answer a probe of this run: asked once
  std::string source_read;  ///< the spool whose indexes apt has read in this run
};

/// Per kind, each in one file under installer/run/actions/: probe, undo data, do, undo.
ProbeResult probe_step(const Step& step, RunContext& context);
JsonValue prepare_undo(const Step& step, RunContext& context);
void do_step(const Step& step, RunContext& context);
/// `purge_data`: also take what people made (storage directories marked keep).
void undo_step(const Step& step, const JsonValue& undo_data, RunContext& context, bool purge_data);

/// Runs every step that is not done under the journal's last plan record, then takes back what earlier plans did at places this one knows
/// nothing of; a step that began but is not done is done again (its first undo data stands; every `do` may be
/// repeated). Appends begin and done of each step and `finished` at the end; the `plan` record is the caller's.
RunOutcome run_plan(const std::vector<Step>& steps, Journal& journal, RunContext& context);
/// Undoes, in reverse, every step that began and is not undone. Goes on after a stop. What people's data keeps is added to context.kept.
void undo_all(Journal& journal, RunContext& context, bool purge_data);

/// Oldest first. A step that ran with other content later is there twice.
std::vector<OpenStep> open_steps(const std::vector<JournalRecord>& records);

/// A directory with people's data that an uninstall keeps (or kept) unless data is purged.
struct KeptData {
  std::string path;
  std::uint64_t bytes = 0;  ///< of all files below it
};
std::vector<KeptData> kept_data(const std::vector<JournalRecord>& records, HostSystem& host);

}  // namespace rootcellar
