// The three places a file of a profile comes from; resolve_file() chooses among them.
#pragma once

#include "builder/source/sources.h"

namespace rootcellar {

/// local_file.cpp: by url, path or text, whichever is given; a member is taken out of what lies there.
Resolved<LockedBlob> resolve_content(const ProfileFileContent& content, const std::string& what, SourceContext& context);

/// http_file.cpp: downloaded once, checked against the profile's sha256 or upstream's checksum; Last-Modified is its time.
Resolved<LockedBlob> resolve_url(const ProfileFileContent& content, const std::string& what, SourceContext& context);
/// local_file.cpp: hashed into the cache; its modification time counts.
Resolved<LockedBlob> resolve_path(const ProfileFileContent& content, const std::string& what, SourceContext& context);
/// local_file.cpp: the text itself travels in the lock, as a data: URL (RFC 2397).
Resolved<LockedBlob> resolve_text(const ProfileFileContent& content, SourceContext& context);

/// The SHA-256 of `name` in a text as sha256sum, shasum or BSD's sha256 writes it, or the only one in a text that names no files.
std::optional<Digest> find_checksum(std::string_view text, std::string_view name);

std::string data_url(std::string_view bytes);
/// Nothing when `url` is not one of data_url()'s form.
std::optional<std::string> read_data_url(std::string_view url);

}  // namespace rootcellar
