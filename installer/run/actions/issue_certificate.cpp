#include "installer/run/actions/actions.h"
#include "installer/run/deployed_record.h"
#include "installer/run/runtime_values.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {

ProbeResult probe(const IssueCertificate& action, ActionScope& scope) {
  return has_certificate(action, scope) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const IssueCertificate&, ActionScope&) { return JsonValue::object(); }

void perform(const IssueCertificate& action, ActionScope& scope) { issue_site_certificate(action, scope); }

// The authority makes another when there is an appliance again.
void take_back(const IssueCertificate&, const JsonValue&, bool, ActionScope& scope) {
  for (const char* name : {k_site_certificate, k_site_certificate_key}) remove_private_file(secret_path(name, scope), scope);
  remove_private_file(capture_path(k_certificate_end, scope), scope);
}

}  // namespace rootcellar
