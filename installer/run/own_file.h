// A file of ours at a place that may have held somebody else's: what was there is kept in the attic and put back.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bundle/base/digest.h"
#include "bundle/base/json.h"
#include "installer/run/runner.h"

namespace rootcellar {

/// Where previous files are kept, by the SHA-256 of their bytes.
std::string attic_path(const SitePaths& paths);

/// Keeps what is at `path` (a file or a link; a directory is a HostError) and says how to put it back. `ours`: the digest of what will be
/// written, when known.
JsonValue keep_previous(const std::string& path, const std::optional<Digest>& ours, RunContext& context);

/// Makes missing parents, clears what a stopped write left, and lets `write` fill the new file; in place and durable when it returns.
void put_in_place(const std::string& path, unsigned mode, const Owner& owner, RunContext& context, const std::function<void(Sink&)>& write);

/// Takes our file back by what keep_previous() said. A file that somebody has changed since is left, with a warning.
void put_back_previous(const std::string& path, const JsonValue& undo, RunContext& context);

/// Temporary names of a write to `path` that was killed.
void remove_leftovers(const std::string& path, HostSystem& host);

}  // namespace rootcellar
