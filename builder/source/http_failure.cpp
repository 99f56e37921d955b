#include "builder/source/http_failure.h"

#include <cstring>

#include "builder/source/http_rules.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr const char* k_proxy_hint = "the proxy is set in the environment: http_proxy, https_proxy, ALL_PROXY, no_proxy";

TransferFailure certificate_failure(const TransferFacts& facts) {
  const std::string subject = cat("the certificate of '", facts.host, "' ");
  switch (facts.verify_result) {
    case 0:
      return {subject + "is for another name"};
    case 9:
      return {subject + "is not valid yet", "check this machine's clock"};
    case 10:
      return {subject + "has expired", "check this machine's clock; if it is right, the server needs a new certificate"};
    case 18:
    case 19:
    case 20:
    case 21:
      return {subject + "is signed by an authority this machine does not know", "name the authority's certificate with --ca-file"};
    default:
      return {cat(subject, "is refused (OpenSSL's verify error ", facts.verify_result, ")")};
  }
}

/// The library says "Failed to connect to HOST port N after M ms: ..."; the milliseconds are noise, and HOST tells a proxy from the server.
TransferFailure connect_failure(const TransferFacts& facts) {
  const std::string reason = facts.os_error == 0 ? "no answer" : std::string(std::strerror(facts.os_error));
  constexpr std::string_view lead = "Failed to connect to ";
  const std::string_view text = facts.text;
  const std::size_t end = text.find(" after ");
  if (!text.starts_with(lead) || end == std::string_view::npos) return {cat("no connection to '", facts.host, "': ", reason), {}, true};
  const std::string_view peer = text.substr(lead.size(), end - lead.size());
  if (peer.starts_with(facts.host)) return {cat("no connection to ", printable(peer), ": ", reason), {}, true};
  return {cat("no connection to the proxy ", printable(peer), ": ", reason), k_proxy_hint, true};
}

TransferFailure timeout_failure(const TransferFacts& facts) {
  if (facts.connected) return {cat("'", facts.host, "' sent nothing for ", human_duration(facts.stall_timeout)), {}, true};
  return {cat("no connection to '", facts.host, "' within ", human_duration(facts.connect_timeout)), {}, true};
}

TransferFailure cut_failure(const TransferFacts& facts) {
  if (facts.proxy_status >= 400) return {cat("the proxy refuses the connection: ", status_text(facts.proxy_status)), k_proxy_hint};
  if (!facts.whole) return {cat("the connection was cut after ", facts.position, " bytes"), {}, true};
  return {cat("the connection was cut after ", facts.position, " of ", *facts.whole, " bytes"), {}, true};
}

TransferFailure tls_failure(const TransferFacts& facts) {
  // OpenSSL's words for bytes that are no TLS record at all.
  const bool no_tls =
      facts.text.find("wrong version number") != std::string::npos || facts.text.find("packet length too long") != std::string::npos;
  if (!no_tls) return {cat("no agreement on TLS with '", facts.host, "': ", printable(facts.text))};
  return {cat("'", facts.host, "' does not speak TLS"), "a server without TLS is named by --mirror FROM=http://...", false, true};
}

}  // namespace

TransferFailure describe_failure(const TransferFacts& facts) {
  switch (facts.fault) {
    case TransferFault::no_address:
      return {cat("no address is known for '", facts.host, "'"), {}, true};
    case TransferFault::no_proxy_address:
      return {"no address is known for the proxy", k_proxy_hint};
    case TransferFault::no_connection:
      return connect_failure(facts);
    case TransferFault::timeout:
      return timeout_failure(facts);
    case TransferFault::no_answer:
      return {"the server closed the connection without an answer", {}, true};
    case TransferFault::cut:
      return cut_failure(facts);
    case TransferFault::certificate:
      return certificate_failure(facts);
    case TransferFault::ca_file:
      return {"the certificates of --ca-file cannot be read"};
    case TransferFault::tls:
      return tls_failure(facts);
    case TransferFault::redirects:
      return {cat("more than ", k_redirect_limit, " redirects")};
    case TransferFault::other_protocol:
      return {"it redirects from https to another protocol, which is refused"};
    case TransferFault::other:
      break;
  }
  return {printable(facts.text), {}, true};
}

}  // namespace rootcellar
