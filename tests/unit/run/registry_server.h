// Debian's registry over a storage directory on a loopback port, for the time of a test; and skopeo, its client.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rootcellar::test {

class RegistryServer {
 public:
  /// Serves `storage`; answers when this returns. Its configuration is written below `scratch`.
  RegistryServer(const std::string& storage, const std::string& scratch);
  ~RegistryServer();
  RegistryServer(const RegistryServer&) = delete;

  std::string url(const std::string& path) const;    ///< "http://127.0.0.1:PORT" + path
  std::string image(const std::string& name) const;  ///< "docker://127.0.0.1:PORT/" + name

 private:
  unsigned port_;
  pid_t pid_ = -1;
};

/// Exit status of `skopeo copy FROM TO` without TLS.
int skopeo_copy(const std::string& from, const std::string& to);

}  // namespace rootcellar::test
