// Filling the cache with one pinned blob from a server: continued where an earlier try stopped, checked while it arrives.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "builder/source/cache.h"
#include "builder/source/http.h"
#include "builder/source/sources.h"

namespace rootcellar {

struct BlobFetch {
  Digest digest;
  std::optional<std::uint64_t> size;
  std::string what;  ///< begins the sentence of an error: "layer 2 of docker.io/library/nginx:1.22"
  /// Performs the request, whose offset and on_answer are set already; the URL and headers are the source's business.
  std::function<HttpResponse(HttpRequest, Sink&, const std::function<void()>& restart)> get;
  /// Throws what a status outside 2xx means for this source.
  std::function<void(const HttpResponse&)> refuse;
};

/// Returns the answer's Last-Modified as UTC seconds; nothing when nothing was transferred or the server does not say.
std::optional<std::int64_t> fetch_into_cache(const BlobFetch& fetch, SourceContext& context);

}  // namespace rootcellar
