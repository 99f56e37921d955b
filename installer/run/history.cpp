#include "installer/run/history.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {
namespace {

using Kind = JournalRecord::Kind;

bool was_already(const JournalRecord& record) { return record.kind == Kind::done && record.data.find("already") != nullptr; }

std::vector<OpenRecord>::iterator meant_by(const JournalRecord& record, std::vector<OpenRecord>& open,
                                           const std::vector<JournalRecord>& records) {
  const auto number = record.data.u64("of");
  const auto found = std::find_if(open.rbegin(), open.rend(), [&](const OpenRecord& entry) {
    return number ? entry.begin == *number : records[entry.begin].step == record.step;
  });
  return found == open.rend() ? open.end() : std::next(found).base();
}

bool same_step(const JournalRecord& record, const JsonValue& encoded) {
  const JsonValue* step = record.data.find("step");
  return step != nullptr && *step == encoded;
}

// A probe found it so under this plan, and nothing was done about the step since.
bool found_already(const std::vector<JournalRecord>& records, const std::string& id, const JsonValue& encoded) {
  bool already = false;
  for (std::size_t i = plan_start(records); i < records.size(); ++i) {
    if (records[i].step != id || is_purge(records[i])) continue;
    if (was_already(records[i])) already = same_step(records[i], encoded);
    if (records[i].kind != Kind::done) already = false;
  }
  return already;
}

bool watches(const Step& step, const std::string& path) {
  const auto* unit = std::get_if<SetUnit>(&step.action);
  return unit != nullptr && unit->restart_if_changed && std::find(unit->watch.begin(), unit->watch.end(), path) != unit->watch.end();
}

struct Place {
  std::string operator()(const MakeDirectory& a) const { return cat("directory ", a.path); }
  std::string operator()(const WriteFile& a) const { return cat("file ", a.path); }
  std::string operator()(const MergeJson& a) const { return cat("file ", a.path); }
  std::string operator()(const PlaceFile& a) const { return cat("file ", a.path); }
  std::string operator()(const ExtractFromImage& a) const { return cat("file ", a.path); }
  std::string operator()(const RunTool& a) const { return cat("tool ", join(a.undo ? a.undo->argv : a.call.argv, " ")); }
  std::string operator()(const SetUnit& a) const { return cat("unit ", a.unit); }
  std::string operator()(const AddUser& a) const { return cat("user ", a.name); }
  std::string operator()(const SpoolPackages& a) const { return cat("spool ", a.directory); }
  std::string operator()(const RemoveSpool& a) const { return cat("no spool ", a.directory); }
  std::string operator()(const InstallPackages&) const { return "packages"; }
  std::string operator()(const FillRegistry& a) const { return cat("registry ", a.root); }
  std::string operator()(const WaitHttp& a) const { return cat("wait ", a.url); }
  std::string operator()(const PullImage& a) const { return cat("image ", a.name); }
  std::string operator()(const RunCheck& a) const { return cat("check ", a.check.name); }
  std::string operator()(const EditLines& a) const { return cat("lines of ", a.path, a.comment_out.empty() ? "" : ", ", a.comment_out); }
  std::string operator()(const SwapOff&) const { return "swap"; }
  std::string operator()(const SetSysctls& a) const { return cat("sysctls ", join(a.settings, " ")); }
  std::string operator()(const LoadModules& a) const { return cat("modules ", join(a.names, " ")); }
  std::string operator()(const PullIntoContainerd& a) const { return cat("containerd image ", a.name); }
  std::string operator()(const KubeadmInit&) const { return "cluster node"; }
  std::string operator()(const MakeSecret& a) const { return cat("secret ", a.secret.name); }
  std::string operator()(const ApplyManifest& a) const { return cat("manifest ", a.space, "/", a.name); }
  std::string operator()(const HelmRelease& a) const { return cat("release ", a.space, "/", a.name); }
  std::string operator()(const ExecInPod& a) const { return cat("exec ", a.space, "/", a.name); }
  std::string operator()(const WaitInCluster& a) const {
    return cat("wait ", a.wait.kind, " ", a.wait.space, "/", a.wait.target, " ", a.wait.expression);
  }
  std::string operator()(const CaptureValue& a) const { return cat("capture ", a.capture.name); }
  std::string operator()(const RunJob& a) const { return cat("job ", a.space, "/", a.name); }
  std::string operator()(const ExportAccess& a) const { return cat("export ", a.name, " in ", a.path); }
  std::string operator()(const MarkNode& a) const { return cat("node ", a.node); }
  std::string operator()(const OpenFirewall& a) const { return cat("firewall ", a.kind); }
  std::string operator()(const GenerateCdi& a) const { return cat("file ", a.path); }
  std::string operator()(const KeepSiteFile& a) const { return cat("file ", a.path); }
  std::string operator()(const WriteFilled& a) const { return cat("file ", a.path); }
  std::string operator()(const PushImages& a) const { return cat("site's registry ", a.registry); }
  std::string operator()(const ProvePulls&) const { return "pulls of the site's cluster"; }
  std::string operator()(const UnpackData& a) const { return cat("data ", a.name, " in ", a.path); }
  std::string operator()(const ExportFolders& a) const { return cat("exports ", a.table); }
  std::string operator()(const TryManifest& a) const { return cat("trial ", a.manifest.space, "/", a.manifest.name); }
  std::string operator()(const TryMount& a) const { return cat("mount ", a.server, ":", a.path); }
  std::string operator()(const MakeAuthority& a) const { return cat("authority ", a.set); }
  std::string operator()(const DrawCode& a) const { return cat("file ", a.path); }
  std::string operator()(const IssueCertificate& a) const { return cat("certificate ", a.set); }
  std::string operator()(const ShareTrust& a) const { return cat("trust in namespace ", a.space); }
  std::string operator()(const UseCertificate& a) const { return cat("certificate ", a.set); }
  std::string operator()(const CorrectClock&) const { return "clock"; }
};

}  // namespace

bool is_purge(const JournalRecord& record) { return record.data.find("purged") != nullptr; }

Step recorded_step(const JournalRecord& record) {
  const JsonValue* step = record.data.find("step");
  if (step == nullptr) throw InputError(cat("journal, step '", record.step, "': expected the member 'step'"));
  return decode_step(*step, cat("journal, step '", record.step, "'"));
}

JsonValue recorded_undo(const JournalRecord& record) {
  const JsonValue* undo = record.data.find("undo");
  return undo != nullptr ? *undo : JsonValue::object();
}

std::vector<OpenRecord> open_records(const std::vector<JournalRecord>& records) {
  std::vector<OpenRecord> open;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const JournalRecord& record = records[i];
    if (record.kind == Kind::begin) open.push_back({i});
    if (is_purge(record) || was_already(record)) continue;
    const auto meant = meant_by(record, open, records);
    if (meant == open.end()) continue;
    if (record.kind == Kind::done) meant->done = true;
    if (record.kind == Kind::undo_begin) meant->done = false;  // stopped while it was taken back: part of the effect may be gone
    if (record.kind == Kind::undone) open.erase(meant);
  }
  return open;
}

std::size_t plan_start(const std::vector<JournalRecord>& records) {
  for (std::size_t i = records.size(); i > 0; --i) {
    if (records[i - 1].kind == Kind::plan) return i - 1;
  }
  return 0;
}

StepHistory history_of(const std::vector<JournalRecord>& records, const std::string& id, const JsonValue& encoded) {
  StepHistory history;
  for (const OpenRecord& open : open_records(records)) {
    const JournalRecord& begin = records[open.begin];
    if (open.begin < plan_start(records) || begin.step != id) continue;
    history = same_step(begin, encoded) ? StepHistory{true, open.done, recorded_undo(begin)} : StepHistory{};
  }
  history.done = history.done || found_already(records, id, encoded);
  return history;
}

bool watched_is_newer(const std::vector<JournalRecord>& records, const Step& step) {
  std::size_t set = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].step == step.id && records[i].kind == Kind::done) set = i;
  }
  for (std::size_t i = set; i < records.size(); ++i) {
    if (records[i].kind == Kind::begin && watches(step, written_path(recorded_step(records[i])))) return true;
  }
  return false;
}

bool leaves_nothing(const Step& step) {
  return std::holds_alternative<WaitHttp>(step.action) || std::holds_alternative<RunCheck>(step.action) ||
         std::holds_alternative<WaitInCluster>(step.action) || std::holds_alternative<MarkNode>(step.action) ||
         std::holds_alternative<LoadModules>(step.action) || std::holds_alternative<CaptureValue>(step.action) ||
         std::holds_alternative<TryMount>(step.action) || std::holds_alternative<CorrectClock>(step.action) ||
         std::holds_alternative<PushImages>(step.action) || std::holds_alternative<ProvePulls>(step.action) ||
         std::holds_alternative<SpoolPackages>(step.action) || std::holds_alternative<RemoveSpool>(step.action);
}

std::string place_of(const Step& step) { return std::visit(Place{}, step.action); }

}  // namespace rootcellar
