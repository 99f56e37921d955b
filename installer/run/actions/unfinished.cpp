// Kinds whose effect is being written: each refuses. Gone when the last of them has a file of its own.
#include "bundle/base/error.h"
#include "installer/run/actions/actions.h"

namespace rootcellar {
namespace {
[[noreturn]] void unfinished() { throw HostError("this kind of step is not finished"); }
}  // namespace

ProbeResult probe(const EditLines&, ActionScope&) { unfinished(); }
JsonValue prepare(const EditLines&, ActionScope&) { unfinished(); }
void perform(const EditLines&, ActionScope&) { unfinished(); }
void take_back(const EditLines&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const SwapOff&, ActionScope&) { unfinished(); }
JsonValue prepare(const SwapOff&, ActionScope&) { unfinished(); }
void perform(const SwapOff&, ActionScope&) { unfinished(); }
void take_back(const SwapOff&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const SetSysctls&, ActionScope&) { unfinished(); }
JsonValue prepare(const SetSysctls&, ActionScope&) { unfinished(); }
void perform(const SetSysctls&, ActionScope&) { unfinished(); }
void take_back(const SetSysctls&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const LoadModules&, ActionScope&) { unfinished(); }
JsonValue prepare(const LoadModules&, ActionScope&) { unfinished(); }
void perform(const LoadModules&, ActionScope&) { unfinished(); }
void take_back(const LoadModules&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const PullIntoContainerd&, ActionScope&) { unfinished(); }
JsonValue prepare(const PullIntoContainerd&, ActionScope&) { unfinished(); }
void perform(const PullIntoContainerd&, ActionScope&) { unfinished(); }
void take_back(const PullIntoContainerd&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const KubeadmInit&, ActionScope&) { unfinished(); }
JsonValue prepare(const KubeadmInit&, ActionScope&) { unfinished(); }
void perform(const KubeadmInit&, ActionScope&) { unfinished(); }
void take_back(const KubeadmInit&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const MakeSecret&, ActionScope&) { unfinished(); }
JsonValue prepare(const MakeSecret&, ActionScope&) { unfinished(); }
void perform(const MakeSecret&, ActionScope&) { unfinished(); }
void take_back(const MakeSecret&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const ApplyManifest&, ActionScope&) { unfinished(); }
JsonValue prepare(const ApplyManifest&, ActionScope&) { unfinished(); }
void perform(const ApplyManifest&, ActionScope&) { unfinished(); }
void take_back(const ApplyManifest&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const HelmRelease&, ActionScope&) { unfinished(); }
JsonValue prepare(const HelmRelease&, ActionScope&) { unfinished(); }
void perform(const HelmRelease&, ActionScope&) { unfinished(); }
void take_back(const HelmRelease&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const ExecInPod&, ActionScope&) { unfinished(); }
JsonValue prepare(const ExecInPod&, ActionScope&) { unfinished(); }
void perform(const ExecInPod&, ActionScope&) { unfinished(); }
void take_back(const ExecInPod&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const WaitInCluster&, ActionScope&) { unfinished(); }
JsonValue prepare(const WaitInCluster&, ActionScope&) { unfinished(); }
void perform(const WaitInCluster&, ActionScope&) { unfinished(); }
void take_back(const WaitInCluster&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const CaptureValue&, ActionScope&) { unfinished(); }
JsonValue prepare(const CaptureValue&, ActionScope&) { unfinished(); }
void perform(const CaptureValue&, ActionScope&) { unfinished(); }
void take_back(const CaptureValue&, const JsonValue&, bool, ActionScope&) { unfinished(); }

ProbeResult probe(const MarkNode&, ActionScope&) { unfinished(); }
JsonValue prepare(const MarkNode&, ActionScope&) { unfinished(); }
void perform(const MarkNode&, ActionScope&) { unfinished(); }
void take_back(const MarkNode&, const JsonValue&, bool, ActionScope&) { unfinished(); }

}  // namespace rootcellar
