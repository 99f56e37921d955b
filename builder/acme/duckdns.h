// DuckDNS, as its owner's token lets it be changed: a name's address, and its one TXT record, which proves to others whose the name is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "builder/source/http.h"
#include "bundle/base/secret.h"

namespace rootcellar {

/// "lab.duckdns.org": one label, small letters, digits and dashes. What lies below is the same to DuckDNS.
bool is_duckdns_domain(std::string_view text);

/// The first line of `file`, which nobody but its owner may read; without a file $DUCKDNS_TOKEN. Without either a UsageError.
SecretText read_duckdns_token(const std::optional<std::string>& file);

/// https://www.duckdns.org/spec.jsp. Every call is one GET that holds the token, so no message shows what was asked.
class DuckDns {
 public:
  /// REQUIRES: is_duckdns_domain(domain).
  DuckDns(HttpClient& http, std::string domain, SecretText token);

  /// IPv4 or IPv6. Each call throws InputError when DuckDNS answers anything but OK.
  void set_address(std::string_view address);
  /// Takes the place of the text before: there is one for the name and all names below it.
  void set_text(std::string_view value);
  void clear_text();

 private:
  void update(std::string_view what, std::string_view change);
  HttpClient& http_;
  std::string domain_;
  SecretText token_;
};

}  // namespace rootcellar
