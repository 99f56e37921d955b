#include "builder/acme/duckdns.h"

#include <algorithm>
#include <cstdlib>

#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_suffix = ".duckdns.org";
constexpr std::size_t k_max_label = 63;  // RFC 1035, section 2.3.4
constexpr std::size_t k_max_token_file = 4096;
constexpr std::size_t k_max_answer = 4096;
constexpr std::string_view k_token_hint =
    "give --token-file FILE with the token that duckdns.org shows when you are logged in, or set DUCKDNS_TOKEN";

bool is_label_letter(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-'; }

std::string_view label_of(std::string_view domain) { return domain.substr(0, domain.size() - k_suffix.size()); }

void refuse_open_file(const std::string& path) {
  const auto status = file_status_followed(path);
  if (status && (status->mode & 077U) != 0)
    throw InputError(cat("cannot use the token in '", path, "': others than its owner may read it"), cat("chmod 600 ", path));
}

SecretText checked_token(std::string text, const std::string& place) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  SecretText token(text.substr(0, end));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  const auto is_visible = [](char letter) { return letter > ' ' && letter < '\x7f'; };
  const std::string_view line = token.view();
  if (line.empty() || !std::all_of(line.begin(), line.end(), is_visible))
    throw InputError(cat("the first line of ", place, " is no token: expected letters, digits and dashes"), std::string(k_token_hint));
  return token;
}

}  // namespace

bool is_duckdns_domain(std::string_view text) {
  if (text.size() <= k_suffix.size() || !text.ends_with(k_suffix)) return false;
  const std::string_view label = label_of(text);
  return label.size() <= k_max_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_letter);
}

SecretText read_duckdns_token(const std::optional<std::string>& file) {
  if (file) {
    refuse_open_file(*file);
    return checked_token(read_file(*file, k_max_token_file), cat("'", *file, "'"));
  }
  const char* token = std::getenv("DUCKDNS_TOKEN");
  if (token == nullptr || *token == '\0') throw UsageError("expected DuckDNS's token", std::string(k_token_hint));
  return checked_token(token, "$DUCKDNS_TOKEN");
}

DuckDns::DuckDns(HttpClient& http, std::string domain, SecretText token)
    : http_(http), domain_(std::move(domain)), token_(std::move(token)) {}

void DuckDns::set_address(std::string_view address) {
  update("the address", cat(address.find(':') == address.npos ? "&ip=" : "&ipv6=", url_escape(address)));
}

void DuckDns::set_text(std::string_view value) { update("the TXT record", cat("&txt=", url_escape(value))); }

void DuckDns::clear_text() { update("the TXT record", "&txt=&clear=true"); }

void DuckDns::update(std::string_view what, std::string_view change) {
  HttpRequest request;
  request.url = cat("https://www.duckdns.org/update?domains=", label_of(domain_), "&token=", url_escape(token_.view()), change);
  request.size_limit = k_max_answer;
  request.follow = false;  // the token goes to no other place
  MemorySink body("DuckDNS's answer", k_max_answer);
  const HttpResponse response = http_.get(request, body);
  const std::string text(trim(as_text(body.bytes())));
  if (response.status == 200 && text == "OK") return;
  const std::string subject = cat("cannot set ", what, " of '", domain_, "': DuckDNS answers ");
  if (response.status == 200 && text == "KO")
    throw InputError(cat(subject, "KO"),
                     cat("compare the token and the name '", label_of(domain_), "' with what duckdns.org shows when you are logged in"));
  throw InputError(cat(subject, response.status == 200 ? cat("'", printable(text, 60), "'") : cat(response.status)),
                   "try again later; a network that asks for a login first answers in its place");
}

}  // namespace rootcellar
