// HTTP for the builder, by libcurl: resumable, bounded, retried, with proxies, private CAs and credentials as curl's users expect.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/base/error.h"
#include "bundle/base/io.h"

namespace rootcellar {

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::uint64_t offset = 0;          ///< Range: bytes=offset-
  std::uint64_t size_limit = std::uint64_t{1} << 42;
  bool follow = true;  ///< redirects; Authorization is not sent to another host
  bool head = false;   ///< HEAD: status and headers only
  std::string form;    ///< not empty: POST of this application/x-www-form-urlencoded text
  /// Called with status and headers of a 2xx before its first body byte; may throw.
  std::function<void(const struct HttpResponse&)> on_answer;
};

struct HttpResponse {
  int status = 0;
  std::string final_url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the last answer; names in lower case
  std::string body;                                          ///< of answers outside 2xx, at most 64 KiB
  std::optional<std::string> header(std::string_view name) const;
};

/// Maps upstream prefixes to where they are fetched from: --mirror FROM=TO and the user's configuration. Longest prefix wins; compared on
/// whole path components.
class Mirrors {
 public:
  void add(std::string_view from_to);               ///< UsageError when it is not FROM=TO
  std::string map_url(std::string_view url) const;  ///< "https://dl.k8s.io/..." -> mirrored
  /// Image references: FROM "quay.io" or "docker.io/library", TO "https://127.0.0.1:5001/quay". Returns base URL of the /v2/ API host and
  /// the repository path there.
  struct RegistryPlace {
    std::string base_url;    ///< "https://registry-1.docker.io"
    std::string repository;  ///< "library/nginx"
    std::string auth_host;   ///< name to look up in Docker's config.json
  };
  RegistryPlace map_image(std::string_view repository) const;

 private:
  std::vector<std::pair<std::string, std::string>> prefixes_;
};

struct HttpSettings {
  std::string ca_file;   ///< --ca-file: in addition to the system's
  unsigned retries = 4;  ///< of transient failures: connect, timeout, 408, 429 (Retry-After), 5xx
  std::uint64_t connect_timeout = 20;
  std::uint64_t stall_timeout = 60;                     ///< less than 1 byte/s for this long
  std::uint64_t retry_delay = 1000;                     ///< milliseconds before the first retry; doubled each time
  std::function<void(std::string_view line)> on_retry;  ///< told why and how long it waits; may be called from several threads
};

/// A server answered an https request without TLS.
class NoTlsError : public SystemError {
 public:
  using SystemError::SystemError;
};

class HttpClient {
 public:
  HttpClient(HttpSettings settings, Mirrors mirrors);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;

  /// GET; 2xx bodies go to `body` (206 appends from offset; when a server ignores Range, `restart` is called before the first byte). Other
  /// statuses are returned, not thrown. No answer at all after retries: SystemError naming URL and mirror. Safe to call from several
  /// threads.
  HttpResponse get(const HttpRequest& request, Sink& body, const std::function<void()>& restart = {});
  /// A small document in memory; statuses other than 200 are InputErrors naming the URL.
  std::string get_text(const std::string& url, std::size_t limit, const std::vector<std::string>& headers = {});
  const Mirrors& mirrors() const;

  /// The Authorization to send for a scope, kept for the life of this client and never shown. `until`: UTC seconds.
  std::optional<std::string> remembered(const std::string& scope) const;
  void remember(const std::string& scope, std::string authorization, std::int64_t until);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rootcellar
