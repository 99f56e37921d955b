#include "installer/run/secret_material.h"

#include <crypt.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>
#include <vector>

#include "bundle/base/error.h"
#include "bundle/base/json.h"
#include "bundle/base/secret.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr unsigned long k_bcrypt_cost = 10;  // about 50 ms a guess; a registry asks at every push

struct Freer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_ENCODER_CTX* context) const { OSSL_ENCODER_CTX_free(context); }
  void operator()(unsigned char* bytes) const { OPENSSL_free(bytes); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer>;

[[noreturn]] void failed(std::string_view what) { throw SystemError(cat("cannot make ", what, ": libcrypto refused")); }

std::string as_pem(const Key& key, int selection, const char* structure) {
  const std::unique_ptr<OSSL_ENCODER_CTX, Freer> context(OSSL_ENCODER_CTX_new_for_pkey(key.get(), selection, "PEM", structure, nullptr));
  unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (!context || OSSL_ENCODER_to_data(context.get(), &bytes, &size) != 1) failed("a key's text");
  const std::unique_ptr<unsigned char, Freer> owner(bytes);
  std::string pem(reinterpret_cast<const char*>(bytes), size);
  wipe({bytes, size});
  return pem;
}

Key dh_group(const std::string& name) {
  const std::unique_ptr<EVP_PKEY_CTX, Freer> context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  std::string group = name;
  const std::array<OSSL_PARAM, 2> parameters = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
                                                OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  const bool good = context && EVP_PKEY_paramgen_init(context.get()) == 1 &&
                    EVP_PKEY_CTX_set_params(context.get(), parameters.data()) == 1 && EVP_PKEY_generate(context.get(), &key) == 1;
  Key made(key);
  if (!good) failed("Diffie-Hellman parameters");
  return made;
}

// RFC 4648, section 5, without padding.
std::string base64_url(std::span<const std::uint8_t> bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string bcrypt(const std::string& password, const std::string& setting) {
  auto data = std::make_unique<crypt_data>();
  const char* hash = crypt_r(password.c_str(), setting.c_str(), data.get());
  std::string text = hash == nullptr ? std::string() : std::string(hash);
  wipe({reinterpret_cast<std::uint8_t*>(data.get()), sizeof *data});
  return text;
}

}  // namespace

std::string random_password(std::size_t length) {
  constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t k_fair = 256 - 256 % k_letters.size();  // beyond, some letters would come more often
  std::string password;
  while (password.size() < length) {
    std::array<std::uint8_t, 64> bytes;
    random_bytes(bytes);
    for (const std::uint8_t byte : bytes) {
      if (byte < k_fair && password.size() < length) password.push_back(k_letters[byte % k_letters.size()]);
    }
    wipe(bytes);
  }
  return password;
}

std::string random_hex(std::size_t digits) {
  std::vector<std::uint8_t> bytes((digits + 1) / 2);
  random_bytes(bytes);
  std::string text = hex_encode(bytes).substr(0, digits);
  wipe(bytes);
  return text;
}

std::string rsa_private_key(unsigned bits) {
  if (bits < 2048 || bits > 8192) throw InputError(cat("an RSA key: expected 2048 to 8192 bits, found ", bits));
  const Key key(EVP_RSA_gen(bits));
  if (!key) failed("an RSA key");
  return as_pem(key, EVP_PKEY_KEYPAIR, "PrivateKeyInfo");
}

std::string dh_parameters(unsigned bits) {
  if (bits != 2048 && bits != 3072 && bits != 4096 && bits != 6144 && bits != 8192) {
    throw InputError(cat("Diffie-Hellman parameters: expected 2048, 3072, 4096, 6144 or 8192 bits, found ", bits));
  }
  return as_pem(dh_group(cat("ffdhe", bits)), EVP_PKEY_KEY_PARAMETERS, "type-specific");
}

std::string json_web_token(std::string_view claims, std::string_view key) {
  const JsonValue document = parse_json(claims, "a token's claims");
  if (!document.is_object()) throw InputError("a token's claims: expected an object");
  const std::string head = base64_url(bytes_of(R"({"alg":"HS256","typ":"JWT"})"));
  const std::string body = cat(head, ".", base64_url(bytes_of(document.dump())));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(body).data(), body.size(), mac.data(), &size);
  if (made == nullptr) failed("a token");
  return cat(body, ".", base64_url({mac.data(), size}));
}

std::string htpasswd_line(const std::string& user, const std::string& password) {
  std::array<std::uint8_t, 16> salt;
  random_bytes(salt);
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* made = crypt_gensalt_rn("$2b$", k_bcrypt_cost, reinterpret_cast<const char*>(salt.data()), static_cast<int>(salt.size()),
                                      setting.data(), static_cast<int>(setting.size()));
  const std::string hash = made == nullptr ? std::string() : bcrypt(password, made);
  if (!hash.starts_with("$2b$")) throw SystemError("cannot make a password's hash: libcrypt refused");
  return cat(user, ":", hash, "\n");
}

bool htpasswd_matches(const std::string& line, const std::string& user, const std::string& password) {
  const std::string head = user + ':';
  if (!line.starts_with(head)) return false;
  const std::string hash(trim(std::string_view(line).substr(head.size())));
  return !hash.empty() && bcrypt(password, hash) == hash;
}

std::string docker_config_json(const std::string& server, const std::string& user, const std::string& password) {
  const JsonValue account = JsonValue::object({{"username", JsonValue::string(user)},
                                               {"password", JsonValue::string(password)},
                                               {"auth", JsonValue::string(base64_encode(bytes_of(cat(user, ":", password))))}});
  return JsonValue::object({{"auths", JsonValue::object({{server, account}})}}).dump();
}

}  // namespace rootcellar
