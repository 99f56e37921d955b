// Runs a plan step by step through the journal: begin, do, done; the same code goes on after a stop and takes everything back.
#pragma once

#include <cstdint>
#include <functional>
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
  std::string state = "/var/lib/rootcellar";    ///< journal, kept header, signatures, index, attic
  std::string config = "/etc/rootcellar";       ///< trust.yaml, answers.yaml
  std::string logs = "/var/log/rootcellar";     ///< STEP.log, events.jsonl
  std::string program = "/usr/local/sbin/rootcellar-install";
};

struct RunOutcome {
  std::size_t done = 0;      ///< steps that had an effect
  std::size_t already = 0;   ///< steps whose probe said "already so"
};

/// What a step's probe found.
enum class ProbeResult { needed, already };

/// Everything an action may use.
struct RunContext {
  HostSystem& host;
  Bundle* bundle = nullptr;   ///< nullptr in undo and status
  Progress& progress;
  SitePaths paths;
  unsigned jobs = 1;
};

/// Per kind, each in one file under installer/run/actions/: probe, undo data, do, undo.
ProbeResult probe_step(const Step& step, RunContext& context);
JsonValue prepare_undo(const Step& step, RunContext& context);
void do_step(const Step& step, RunContext& context);
/// `purge_data`: also take what people made (storage directories marked keep).
void undo_step(const Step& step, const JsonValue& undo_data, RunContext& context, bool purge_data);

/// Runs every step that is not done; a step that began but is not done is probed and done again (its first undo data stands).
RunOutcome run_plan(const std::vector<Step>& steps, Journal& journal, RunContext& context);
/// Undoes, in reverse, every step that began and is not undone. Goes on after a stop.
void undo_all(Journal& journal, RunContext& context, bool purge_data);

}  // namespace rootcellar
