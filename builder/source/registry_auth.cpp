#include "builder/source/registry_auth.h"

#include <algorithm>
#include <ctime>

#include "builder/source/http_rules.h"
#include "builder/source/secret_json.h"
#include "builder/source/url.h"
#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_token_answer = std::size_t{1} << 20;
constexpr std::size_t k_token = std::size_t{64} << 10;
constexpr std::size_t k_challenges = 16;
constexpr std::uint64_t k_token_seconds = 3600;  ///< a token is asked for again at least this often
constexpr std::uint64_t k_token_margin = 10;     ///< so that it does not end on the way
constexpr std::string_view k_client_id = "rootcellar";

bool is_token_char(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
}

/// Reads RFC 9110's tokens, quoted strings and separators off the front of a header value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void skip(std::string_view characters) { rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size())); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_char);
    std::string found(rest_.begin(), end);
    rest_.remove_prefix(found.size());
    return found;
  }
  /// A quoted string without its quotes, or a token; nothing when the quote is not closed.
  std::optional<std::string> value() {
    if (!take('"')) return token();
    std::string found;
    while (!rest_.empty() && !rest_.starts_with('"')) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      found += rest_.front();
      rest_.remove_prefix(1);
    }
    return take('"') ? std::optional(found) : std::nullopt;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// NAME=VALUE; leaves the scanner where it was when the next word is a scheme.
bool take_parameter(Scanner& scanner, AuthChallenge& challenge) {
  Scanner ahead = scanner;
  const std::string name = ahead.token();
  ahead.skip(" \t");
  if (name.empty() || !ahead.take('=')) return false;
  ahead.skip(" \t");
  const std::optional<std::string> value = ahead.value();
  if (!value) return false;
  challenge.parameters[lower_ascii(name)] = *value;
  ahead.skip(" \t,");
  scanner = ahead;
  return true;
}

const AuthChallenge* find_scheme(const std::vector<AuthChallenge>& challenges, std::string_view scheme) {
  const auto found = std::ranges::find(challenges, scheme, &AuthChallenge::scheme);
  return found == challenges.end() ? nullptr : &*found;
}

std::string parameter(const AuthChallenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

/// A login may not leave an encrypted connection because a server says so.
void check_realm(const std::string& realm, const std::string& base_url) {
  const std::optional<Url> url = parse_url(realm);
  const std::string subject = cat("cannot log in to '", base_url, "': ");
  if (!url) throw InputError(cat(subject, "its token server '", shown_url(realm), "' is not an http or https URL"));
  if (url->scheme == "https" || is_loopback_host(url->host) || base_url.starts_with("http:")) return;
  throw InputError(cat(subject, "its token server '", shown_url(realm), "' is not https"));
}

HttpRequest token_request(const AuthChallenge& bearer, const std::string& scope, const std::optional<Credentials>& login) {
  HttpRequest request;
  request.size_limit = k_token_answer;
  request.follow = false;
  if (login && !login->identity_token.empty()) {
    request.url = parameter(bearer, "realm");
    request.form = cat("grant_type=refresh_token&client_id=", k_client_id, "&service=", url_escape(parameter(bearer, "service")),
                       "&scope=", url_escape(scope), "&refresh_token=", url_escape(login->identity_token));
    return request;
  }
  request.url = token_url(bearer, scope);
  if (login) request.headers = {cat("Authorization: ", basic_authorization(*login))};
  return request;
}

[[noreturn]] void refuse_login(const std::string& realm, int status, const std::optional<Credentials>& login) {
  const std::string server = cat("the token server '", shown_url(realm), "'");
  if (!login) throw InputError(cat("cannot log in: ", server, " answers ", status_text(status)));
  throw InputError(cat("cannot log in: ", server, " refuses the login from ", login->origin, " (", status_text(status), ")"),
                   "log in again with 'docker login', or correct the stored password");
}

}  // namespace

std::vector<AuthChallenge> parse_challenges(std::string_view value) {
  std::vector<AuthChallenge> challenges;
  Scanner scanner(value);
  scanner.skip(" \t,");
  while (!scanner.rest().empty() && challenges.size() < k_challenges) {
    AuthChallenge challenge{lower_ascii(scanner.token()), {}};
    if (challenge.scheme.empty()) break;
    scanner.skip(" \t");
    while (take_parameter(scanner, challenge)) {
    }
    challenges.push_back(std::move(challenge));
    scanner.skip(" \t,");
  }
  return challenges;
}

AuthToken parse_token_answer(std::string_view json, std::string_view what) {
  const JsonValue answer = parse_secret_json(json, cat("the answer of ", what), {k_token_answer, 16});
  std::optional<std::string> token = answer.text("token");
  if (!token || token->empty()) token = answer.text("access_token");
  if (!token || token->empty()) throw InputError(cat("cannot use the answer of ", what, ": it holds no token"));
  const bool plain = std::ranges::all_of(*token, [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || token->size() > k_token) throw InputError(cat("cannot use the answer of ", what, ": its token is not one"));
  return {*token, std::min(answer.u64("expires_in").value_or(60), k_token_seconds)};
}

std::string basic_authorization(const Credentials& login) {
  return cat("Basic ", base64_encode(as_bytes(cat(login.user, ":", login.password))));
}

std::string token_url(const AuthChallenge& bearer, std::string_view scope) {
  const std::string realm = parameter(bearer, "realm");
  const std::string service = parameter(bearer, "service");
  const std::string query =
      service.empty() ? cat("scope=", url_escape(scope)) : cat("service=", url_escape(service), "&scope=", url_escape(scope));
  return cat(realm, realm.find('?') == std::string::npos ? "?" : "&", query);
}

std::optional<std::string> answer_challenges(const std::vector<AuthChallenge>& challenges, const std::string& base_url,
                                             const std::string& scope, const std::optional<Credentials>& login, HttpClient& http) {
  const AuthChallenge* bearer = find_scheme(challenges, "bearer");
  if (bearer == nullptr) {
    if (find_scheme(challenges, "basic") != nullptr && !login) return std::nullopt;
    if (find_scheme(challenges, "basic") != nullptr) return basic_authorization(*login);
    throw InputError(cat("cannot log in to '", base_url, "': it asks for neither a password nor a token"));
  }
  const std::string realm = parameter(*bearer, "realm");
  check_realm(realm, base_url);
  const std::string what = cat("the token server '", shown_url(realm), "'");
  MemorySink body(what, k_token_answer);
  const HttpResponse response = http.get(token_request(*bearer, scope, login), body, [&] { body.bytes().clear(); });
  if (response.status == 401 && !login) return std::nullopt;
  if (response.status != 200) refuse_login(realm, response.status, login);
  const AuthToken token = parse_token_answer(as_text(body.bytes()), what);
  const std::string authorization = cat("Bearer ", token.token);
  const auto seconds = static_cast<std::int64_t>(std::max(token.seconds, k_token_margin) - k_token_margin);
  http.remember(cat(base_url, " ", scope), authorization, std::time(nullptr) + seconds);
  return authorization;
}

}  // namespace rootcellar
