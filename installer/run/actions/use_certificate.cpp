#include "installer/run/actions/actions.h"
#include "installer/run/provided_certificate.h"

namespace rootcellar {

ProbeResult probe(const UseCertificate& action, ActionScope& scope) {
  return has_provided(action, scope) ? ProbeResult::already : ProbeResult::needed;
}

JsonValue prepare(const UseCertificate&, ActionScope&) { return JsonValue::object(); }

void perform(const UseCertificate& action, ActionScope& scope) { use_provided(action, scope); }

// The site has it elsewhere, and brings it again.
void take_back(const UseCertificate& action, const JsonValue&, bool purge_data, ActionScope& scope) { drop_provided(action, purge_data, scope); }

}  // namespace rootcellar
