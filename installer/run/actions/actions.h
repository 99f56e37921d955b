// Every kind of step, four functions each: probe, prepare (what undo will need), perform, take_back. Each kind in the file of its name.
#pragma once

#include <string>

#include "bundle/base/text.h"
#include "installer/run/runner.h"

namespace rootcellar {

/// What the four functions may use.
struct ActionScope {
  const Step& step;
  RunContext& context;

  HostSystem& host() const { return context.host; }
  std::string log() const { return cat(context.paths.logs, '/', step.id, ".log"); }
  /// The bundle; a HostError when there is none (its volumes are not attached).
  Bundle& bundle() const;
};

// REQUIRES of perform: may be called again after a stop at any call inside it. REQUIRES of take_back: the same, and after a perform stopped
// anywhere.
#define ROOTCELLAR_ACTION(Kind)                              \
  ProbeResult probe(const Kind& action, ActionScope& scope); \
  JsonValue prepare(const Kind& action, ActionScope& scope); \
  void perform(const Kind& action, ActionScope& scope);      \
  void take_back(const Kind& action, const JsonValue& undo, bool purge_data, ActionScope& scope)

ROOTCELLAR_ACTION(MakeDirectory);
ROOTCELLAR_ACTION(WriteFile);
ROOTCELLAR_ACTION(MakeAuthority);
ROOTCELLAR_ACTION(DrawCode);
ROOTCELLAR_ACTION(IssueCertificate);
ROOTCELLAR_ACTION(ShareTrust);
ROOTCELLAR_ACTION(UseCertificate);
ROOTCELLAR_ACTION(CorrectClock);
ROOTCELLAR_ACTION(MergeJson);
ROOTCELLAR_ACTION(PlaceFile);
ROOTCELLAR_ACTION(ExtractFromImage);
ROOTCELLAR_ACTION(RunTool);
ROOTCELLAR_ACTION(SetUnit);
ROOTCELLAR_ACTION(AddUser);
ROOTCELLAR_ACTION(SpoolPackages);
ROOTCELLAR_ACTION(RemoveSpool);
ROOTCELLAR_ACTION(InstallPackages);
ROOTCELLAR_ACTION(FillRegistry);
ROOTCELLAR_ACTION(WaitHttp);
ROOTCELLAR_ACTION(PullImage);
ROOTCELLAR_ACTION(RunCheck);
ROOTCELLAR_ACTION(EditLines);
ROOTCELLAR_ACTION(SwapOff);
ROOTCELLAR_ACTION(SetSysctls);
ROOTCELLAR_ACTION(LoadModules);
ROOTCELLAR_ACTION(PullIntoContainerd);
ROOTCELLAR_ACTION(KubeadmInit);
ROOTCELLAR_ACTION(MakeSecret);
ROOTCELLAR_ACTION(ApplyManifest);
ROOTCELLAR_ACTION(HelmRelease);
ROOTCELLAR_ACTION(ExecInPod);
ROOTCELLAR_ACTION(WaitInCluster);
ROOTCELLAR_ACTION(CaptureValue);
ROOTCELLAR_ACTION(MarkNode);
ROOTCELLAR_ACTION(RunJob);
ROOTCELLAR_ACTION(ExportAccess);
ROOTCELLAR_ACTION(OpenFirewall);
ROOTCELLAR_ACTION(GenerateCdi);
ROOTCELLAR_ACTION(KeepSiteFile);
ROOTCELLAR_ACTION(WriteFilled);
ROOTCELLAR_ACTION(PushImages);
ROOTCELLAR_ACTION(ProvePulls);
ROOTCELLAR_ACTION(UnpackData);
ROOTCELLAR_ACTION(ExportFolders);
ROOTCELLAR_ACTION(TryMount);
ROOTCELLAR_ACTION(TryManifest);
#undef ROOTCELLAR_ACTION

/// The configuration or program file this step writes; of packages that an upgrade changes, the spool's directory; empty for other kinds.
std::string written_path(const Step& step);
/// For a unit that was active before the installation, once all its files are back.
void restart_unit(const std::string& unit, RunContext& context);

/// What is wrong with an image that a probe does not find as it should be; empty: nothing that could be told.
std::string image_fault(const PullIntoContainerd& action, const ActionScope& scope);

/// Takes what an earlier bundle put into the registry out again, as far as `now` does not serve it. `undo`: that of the earlier step.
void drop_superseded_images(const FillRegistry& now, const JsonValue& undo, RunContext& context);

}  // namespace rootcellar
