// The one sentence for each way a transfer can end without a whole answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rootcellar {

enum class TransferFault {
  no_address,
  no_proxy_address,
  no_connection,
  timeout,
  no_answer,
  cut,
  certificate,
  ca_file,
  tls,
  redirects,
  other_protocol,
  other,
};

/// What is known about a transfer that failed.
struct TransferFacts {
  TransferFault fault = TransferFault::other;
  std::string host;        ///< that was spoken to last
  std::string text;        ///< the library's own words
  int os_error = 0;        ///< errno, or 0
  long verify_result = 0;  ///< X509_V_ERR_... of OpenSSL's x509_vfy.h
  int proxy_status = 0;    ///< of the answer to CONNECT, or 0
  bool connected = false;
  std::uint64_t position = 0;          ///< bytes that are there
  std::optional<std::uint64_t> whole;  ///< bytes that were announced
  std::uint64_t connect_timeout = 0;   ///< seconds
  std::uint64_t stall_timeout = 0;     ///< seconds
};

struct TransferFailure {
  std::string reason;  ///< completes "cannot fetch 'URL': "
  std::string hint;
  bool transient = false;  ///< another try may succeed
  bool no_tls = false;     ///< the server answered, but not in TLS
};

TransferFailure describe_failure(const TransferFacts& facts);

inline constexpr long k_redirect_limit = 10;

}  // namespace rootcellar
