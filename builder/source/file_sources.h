// The three places a file of a profile comes from; resolve_file() chooses among them.
#pragma once

#include "builder/source/sources.h"

namespace rootcellar {

/// http_file.cpp: downloaded once, checked against the profile's sha256; Last-Modified is its time.
Resolved<LockedBlob> resolve_url(const ProfileFileContent& content, const std::string& what, SourceContext& context);
/// local_file.cpp: hashed into the cache; its modification time counts.
Resolved<LockedBlob> resolve_path(const ProfileFileContent& content, const std::string& what, SourceContext& context);
/// local_file.cpp: the text itself travels in the lock, as a data: URL (RFC 2397).
Resolved<LockedBlob> resolve_text(const ProfileFileContent& content, SourceContext& context);

std::string data_url(std::string_view bytes);
/// Nothing when `url` is not one of data_url()'s form.
std::optional<std::string> read_data_url(std::string_view url);

}  // namespace rootcellar
