// Takes the signed text and its signatures out of a bundle, so that anyone can check them with stock minisign.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/base/signing.h"
#include "bundle/volumes.h"

namespace rootcellar {

/// Writes "NAME.header" (the signed text) and, for each signature, "NAME.header.minisig" (the first) or "NAME.header.KEYID.minisig" (the
/// others) into `directory`, created when needed. Nothing of the bundle is believed or decoded. Returns the paths written, the header
/// first.
std::vector<std::string> export_header(const BundleCandidate& candidate, const std::string& directory);

}  // namespace rootcellar
