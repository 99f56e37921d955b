// What a verification found, as lines for people and as JSON for programs: the same from both programs.
#pragma once

#include <string>

#include "bundle/base/cli.h"
#include "bundle/bundle.h"

namespace rootcellar {

/// One line for each damaged stretch (neighbouring frames with the same fault share one) and each missing volume, and the sum.
std::string verify_text(const Header& header, const VerifyReport& report);
JsonValue verify_json(const VerifyReport& report);

/// The `verify` of both programs: reads everything and says what it found. failed_check: something is damaged or missing.
ExitCode verify_and_tell(Bundle& bundle, cli::Console& console);

}  // namespace rootcellar
