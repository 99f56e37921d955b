// Secrets made on this machine: random texts, keys, and what is derived from them, in the spelling that programs read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rootcellar {

/// `length` letters and digits, each equally likely.
std::string random_password(std::size_t length);
/// `digits` hexadecimal digits.
std::string random_hex(std::size_t digits);
/// An RSA key as PEM "PRIVATE KEY" (PKCS 8, RFC 5208).
std::string rsa_private_key(unsigned bits);
/// Diffie-Hellman parameters as PEM: the group of that size of RFC 7919. InputError for a size it has none for (2048, 3072, 4096, 6144,
/// 8192).
std::string dh_parameters(unsigned bits);

/// A JSON Web Token (RFC 7519) signed by HS256. `claims`: a JSON object.
std::string json_web_token(std::string_view claims, std::string_view key);

/// "USER:HASH\n" for Apache's htpasswd files, bcrypt: the only hash that the distribution registry takes.
std::string htpasswd_line(const std::string& user, const std::string& password);
/// True when `line` is for this user and password.
bool htpasswd_matches(const std::string& line, const std::string& user, const std::string& password);

/// Docker's config.json with one account, as a Secret of type kubernetes.io/dockerconfigjson holds it.
std::string docker_config_json(const std::string& server, const std::string& user, const std::string& password);

}  // namespace rootcellar
