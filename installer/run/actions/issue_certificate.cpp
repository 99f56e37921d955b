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
void take_back(const IssueCertificate& action, const JsonValue&, bool, ActionScope& scope) {
  const CertificateSet set = certificate_set(action.set);
  for (const std::string& name : {set.certificate, set.certificate_key}) remove_private_file(secret_path(name, scope), scope);
  remove_private_file(capture_path(set.end, scope), scope);
}

}  // namespace rootcellar
