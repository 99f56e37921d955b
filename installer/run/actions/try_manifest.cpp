#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"

namespace rootcellar {
namespace {

/// Of all that the step says: another trial is another proof.
Digest meaning_of(const ActionScope& scope) { return sha256(as_bytes(encode_step(scope.step).dump())); }

DeployedRecord record_of(const TryManifest& action, const ActionScope& scope) {
  return {scope, "trial", action.manifest.space, action.manifest.name};
}

}  // namespace

ProbeResult probe(const TryManifest& action, ActionScope& scope) {
  return record_of(action, scope).is_done(meaning_of(scope)) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const TryManifest& action, ActionScope& scope) { return prepare(action.manifest, scope); }

void perform(const TryManifest& action, ActionScope& scope) {
  const ApplyManifest& manifest = action.manifest;
  perform(manifest, scope);
  for (const ClusterWait& wait : action.waits) perform(WaitInCluster{wait, manifest.values, manifest.kubeconfig}, scope);
  take_back(manifest, JsonValue::object(), false, scope);  // the namespace stays for what comes after it
  record_of(action, scope).finish(meaning_of(scope), "");
}

void take_back(const TryManifest& action, const JsonValue& undo, bool purge_data, ActionScope& scope) {
  take_back(action.manifest, undo, purge_data, scope);
  record_of(action, scope).remove();
}

}  // namespace rootcellar
