// The small file by which another host uses this cluster: where the API server is, whom to believe, and a service account's token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rootcellar {

struct Access {
  std::string node;   ///< that made it, for the first line
  std::string space;  ///< namespace
  std::string host;
  std::uint64_t port = 6443;
  std::string token;      ///< RFC 7519
  std::string authority;  ///< the cluster's, PEM
};

/// "tator": values for Tator's chart, read by `helm --values`: remoteTranscodes with host, port, token ("Bearer TOKEN") and cert (PEM).
/// "kubeconfig": for kubectl and every other program (k8s.io/client-go, clientcmd/api/v1).
std::string access_file(const Access& access, const std::string& format);

/// Where a kubeconfig says that its API server is.
struct ServerPlace {
  std::string host;  ///< a name or a numeric address, IPv6 in brackets
  std::uint64_t port = 0;
  bool operator==(const ServerPlace&) const = default;
};
/// Of "https://HOST", "https://HOST:PORT" and either with a path.
std::optional<ServerPlace> parse_server_url(std::string_view url);

}  // namespace rootcellar
