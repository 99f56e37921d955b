#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {

ProbeResult probe(const MakeAuthority& action, ActionScope& scope) { return has_authority(action.set, scope) ? ProbeResult::already : ProbeResult::needed; }

JsonValue prepare(const MakeAuthority&, ActionScope&) { return JsonValue::object(); }

void perform(const MakeAuthority& action, ActionScope& scope) { ensure_authority(action, scope); }

// People's devices trust it: an appliance that is installed again here must be trusted still.
void take_back(const MakeAuthority& action, const JsonValue&, bool purge_data, ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  // A certificate from elsewhere took its place, and what is told is that one's.
  const bool waits = scope.host().exists(secret_path(set.made_authority, scope));
  for (const std::string& name : {set.fingerprint, set.words}) {
    if (!waits) remove_private_file(capture_path(name, scope), scope);
  }
  const std::string path = secret_path(set.authority, scope);
  if (!purge_data) {
    if (scope.host().exists(path)) scope.context.kept.push_back(path_parent(path));
    return;
  }
  for (const std::string& name : {set.authority, set.authority_key, set.made_authority, set.moved_key})
    remove_private_file(secret_path(name, scope), scope);
}

}  // namespace rootcellar
