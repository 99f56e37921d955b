// An authority and a server's certificate of it, on disk, for openssl to read.
#pragma once

#include <string>
#include <vector>

#include "bundle/base/file.h"
#include "bundle/base/process.h"
#include "bundle/base/text.h"
#include "installer/pki/authority.h"

namespace rootcellar::test {

inline constexpr std::int64_t k_made = 1'790'000'000;  // 2026-09-21T14:13:20Z: the bundle's time
inline constexpr std::int64_t k_day = 86400;

inline AuthorityRequest lab_authority() {
  return {"lab site authority",
          {"lab.example", "localhost", "svc", "cluster.local", "bench7"},
          {"192.0.2.0/24", "10.96.0.0/16", "127.0.0.0/8", "::1/128"},
          authority_validity(k_made, k_made + 40 * k_day)};
}

struct Issued {
  TemporaryDirectory folder{"rc-pki-"};
  std::string authority_key = make_private_key();
  std::string authority = make_authority(authority_key, lab_authority());
  std::string key = make_private_key();

  std::string path(std::string_view name) const { return cat(folder.path(), '/', name); }
  std::string certificate(const std::vector<std::string>& names, const std::vector<std::string>& addresses = {}) const {
    const Validity validity = server_validity(k_made + 40 * k_day, certificate_validity(authority));
    return issue_certificate(authority, authority_key, key, {names, addresses, validity});
  }
};

/// What openssl says, "failed: " in front when it ends with a fault.
inline std::string openssl(std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.insert(arguments.begin(), "/usr/bin/openssl");
  const ProcessResult result = run_process({.argv = arguments, .environment = {"PATH=/usr/bin"}, .input = input, .time_limit_seconds = 60});
  return cat(result.exit_code == 0 ? "" : "failed: ", result.output, result.error_output);
}

}  // namespace rootcellar::test
