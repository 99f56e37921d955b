// Reads what this machine has of certificates for its site.
#pragma once

#include "installer/commands/kept_state.h"

namespace rootcellar {

/// `answers` may name files, on a stick that may be gone when our copy of them is there.
CertificateFacts read_certificate_facts(const Answers& answers, const KeptState& kept, Surroundings& surroundings);

}  // namespace rootcellar
