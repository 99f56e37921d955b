#include "installer/run/site_get.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/host/http_get.h"
#include "installer/host/tools.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_scheme = "https://";

/// The one line of openssl's complaints that says what is wrong; its others are about where in its code.
std::string complaint(const ToolResult& result, std::uint64_t time_limit) {
  if (result.timed_out) return cat("no answer within ", time_limit, " s");
  for (const std::string_view line : split(result.error_output, '\n')) {
    for (const std::string_view sign : {"verify error:", "connect:errno=", "Connection refused", ":error:"}) {
      if (line.find(sign) != line.npos) return std::string(trim(line));
    }
  }
  return "openssl got no answer";
}

}  // namespace

HttpReply site_get(HostSystem& host, const std::string& url, std::uint64_t time_limit) {
  if (!url.starts_with(k_scheme)) return host.http_get(url, time_limit);
  const auto parts = parse_numeric_url(cat("http://", url.substr(k_scheme.size())));
  if (!parts) throw UsageError(cat("expected an https:// address with a numeric host, found '", url, "'"));
  const std::string place = cat(parts->v6 ? "[" : "", parts->address, parts->v6 ? "]:" : ":", parts->port);
  ToolCall call;
  call.argv = {std::string(tools::k_openssl), "s_client", "-connect", place, "-CAfile", k_site_authority, "-verify_ip", parts->address,
               "-verify_return_error", "-quiet"};
  call.input = cat("GET ", parts->path, " HTTP/1.1\r\nHost: ", place, "\r\nConnection: close\r\n\r\n");
  call.time_limit = time_limit;
  const ToolResult result = host.run(call);
  if (result.output.empty()) return {.status = 0, .body = complaint(result, time_limit), .headers = {}};
  return parse_http_reply(result.output);
}

}  // namespace rootcellar
