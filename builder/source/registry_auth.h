// How a registry asks for a login, and what is sent back (RFC 9110 section 11, RFC 6750, distribution's token specification).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/source/docker_config.h"
#include "builder/source/http.h"

namespace rootcellar {

/// One challenge of a WWW-Authenticate header.
struct AuthChallenge {
  std::string scheme;                             ///< lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  ///< names in lower case
};
/// All challenges of one header value; what cannot be read ends the list.
std::vector<AuthChallenge> parse_challenges(std::string_view value);

/// A token endpoint's answer.
struct AuthToken {
  std::string token;
  std::uint64_t seconds = 60;  ///< how long it is good for; 60 when not said
};
AuthToken parse_token_answer(std::string_view json, std::string_view what);

std::string basic_authorization(const Credentials& login);

/// The URL to ask for a token that allows `scope`.
std::string token_url(const AuthChallenge& bearer, std::string_view scope);

/// What to send as Authorization after `challenges` from the registry at `base_url`; tokens are fetched and remembered. Nothing when it
/// wants a login and there is none.
std::optional<std::string> answer_challenges(const std::vector<AuthChallenge>& challenges, const std::string& base_url,
                                             const std::string& scope, const std::optional<Credentials>& login, HttpClient& http);

}  // namespace rootcellar
