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

void fill_from_text(const LockedBlob& blob, const std::string& text, const std::string& what, SourceContext& context) {
  const std::unique_ptr<Cache::Filling> filling = context.cache.fill(blob.digest, blob.size, what);
  if (!filling) return;
  filling->restart();
  filling->write(as_bytes(text));
  filling->commit();
}

}  // namespace

Resolved<LockedBlob> resolve_url(const ProfileFileContent& content, const std::string& what, SourceContext& context) {
  if (!content.sha256) throw InputError(cat(what, " has a URL but no sha256"));
  const Digest& digest = *content.sha256;
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
  // A date that is still to come is a server's broken clock.
  const std::int64_t newest = modified && *modified <= std::time(nullptr) ? std::max<std::int64_t>(*modified, 0) : 0;
  return {{digest, status->size, {}, content.url, {}}, newest};
}

void fetch_url_blob(const LockedBlob& blob, const std::string& what, SourceContext& context) {
  if (context.cache.find(blob.digest, blob.size)) return;
  if (const std::optional<std::string> text = read_data_url(blob.url)) return fill_from_text(blob, *text, what, context);
  fetch_url(blob.url, blob.digest, blob.size, what, context);
}

}  // namespace rootcellar
