#include <algorithm>
#include <ctime>

#include "builder/source/blob_fetch.h"
#include "builder/source/file_sources.h"
#include "builder/source/http_rules.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_checksum_limit = std::size_t{1} << 20;
constexpr std::uint64_t k_unpinned_limit = std::uint64_t{256} << 20;  // it is held in memory

[[noreturn]] void refuse_url(const std::string& url, const std::string& what, const HttpResponse& response) {
  const std::string answer = cat("'", shown_url(url), "' answers ", status_text(response.status));
  if (response.status == 404 || response.status == 410) {
    throw InputError(cat(what, " has vanished upstream: ", answer), "name the place where it is now and run 'rootcellar lock' again");
  }
  throw InputError(cat(what, " cannot be fetched: ", answer));
}

std::optional<std::int64_t> fetch_url(const std::string& url, const Digest& digest, std::optional<std::uint64_t> size,
                                      const std::string& what, SourceContext& context) {
  const BlobFetch fetch{digest, size, what,
                        [&](HttpRequest request, Sink& body, const std::function<void()>& restart) {
                          request.url = url;
                          return context.http.get(request, body, restart);
                        },
                        [&](const HttpResponse& response) { refuse_url(url, what, response); }};
  return with_note(cat("fetching '", shown_url(url), "'"), [&] { return fetch_into_cache(fetch, context); });
}

/// The lock's time must not depend on what the cache holds: a cached file is asked for its date alone.
std::optional<std::int64_t> ask_time(const std::string& url, SourceContext& context) {
  HttpRequest request;
  request.url = url;
  request.head = true;
  NullSink nothing;
  const HttpResponse response = context.http.get(request, nothing);
  if (response.status != 200) return std::nullopt;
  return parse_http_date(response.header("last-modified").value_or(""));
}

/// A date that is still to come is a server's broken clock.
std::int64_t time_of(std::optional<std::int64_t> modified) {
  return modified && *modified <= std::time(nullptr) ? std::max<std::int64_t>(*modified, 0) : 0;
}

void fill_from_text(const LockedBlob& blob, const std::string& text, const std::string& what, SourceContext& context) {
  const std::unique_ptr<Cache::Filling> filling = context.cache.fill(blob.digest, blob.size, what);
  if (!filling) return;
  filling->restart();
  filling->write(as_bytes(text));
  filling->commit();
}

}  // namespace

namespace {

/// What upstream publishes beside the file, over TLS; the lock pins what it says.
Digest ask_checksum(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  const std::string text =
      with_note(cat("reading the checksum of ", what), [&] { return context.http.get_text(content.checksum_url, k_checksum_limit); });
  const auto digest = find_checksum(text, path_name(content.url));
  if (digest) return *digest;
  throw InputError(cat("'", shown_url(content.checksum_url), "' names no SHA-256 of '", printable(path_name(content.url), 200), "'"));
}

/// No digest is known before the bytes are here.
Resolved<LockedBlob> pin_what_is_sent(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  HttpRequest request;
  request.url = content.url;
  MemorySink body(what, content.size.value_or(k_unpinned_limit));
  const HttpResponse response = with_note(cat("fetching '", shown_url(content.url), "'"),
                                          [&] { return context.http.get(request, body, [&] { body.bytes().clear(); }); });
  if (response.status != 200) refuse_url(content.url, what, response);
  MemorySource source(body.bytes());
  const auto [digest, size] = context.cache.store(source);
  if (content.size && *content.size != size)
    throw InputError(cat(what, " has another size: expected ", *content.size, " bytes, found ", size));
  return {{digest, size, {}, content.url, {}, {}}, time_of(parse_http_date(response.header("last-modified").value_or("")))};
}

}  // namespace

std::optional<Digest> find_checksum(std::string_view text, std::string_view name) {
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
    if (const auto digest = Digest::from_hex(lower_ascii(line.substr(0, space)))) {
      std::string_view named = trim(line.substr(space));
      if (named.starts_with('*')) named.remove_prefix(1);
      if (named.empty() || path_name(named) == name) return digest;
    }
    const std::string_view equals = ") = ";
    const std::size_t end = line.rfind(equals);
    if (!line.starts_with("SHA256 (") || end == std::string_view::npos || path_name(line.substr(8, end - 8)) != name) continue;
    if (const auto digest = Digest::from_hex(lower_ascii(line.substr(end + equals.size())))) return digest;
  }
  return std::nullopt;
}

Resolved<LockedBlob> resolve_url(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  if (content.pin_when_locked) return pin_what_is_sent(content, what, context);
  if (!content.sha256 && content.checksum_url.empty()) throw InputError(cat(what, " has a URL but no sha256"));
  const Digest digest = content.sha256 ? *content.sha256 : ask_checksum(content, what, context);
  std::optional<std::int64_t> modified;
  if (context.cache.find(digest, content.size)) {
    modified = ask_time(content.url, context);
  } else {
    modified = fetch_url(content.url, digest, content.size, what, context);
  }
  const std::optional<FileStatus> status = file_status(context.cache.blob_path(digest));
  if (!status) throw SystemError("find", context.cache.blob_path(digest), 0);
  if (content.size && *content.size != status->size) {
    throw InputError(cat(what, " has another size: expected ", *content.size, " bytes, found ", status->size));
  }
  return {{digest, status->size, {}, content.url, {}, {}}, time_of(modified)};
}

void fetch_url_blob(const LockedBlob& blob, const std::string& what, SourceContext& context) {
  if (context.cache.find(blob.digest, blob.size)) return;
  if (const std::optional<std::string> text = read_data_url(blob.url)) return fill_from_text(blob, *text, what, context);
  fetch_url(blob.url, blob.digest, blob.size, what, context);
}

}  // namespace rootcellar
