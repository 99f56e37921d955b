#include "bundle/pki/x509.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <time.h>

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/secret.h"

namespace rootcellar::pki {
namespace {

constexpr std::string_view k_begin = "-----BEGIN CERTIFICATE-----";
constexpr int k_pbkdf2_rounds = 600'000;  // OWASP's advice of 2023 for HMAC-SHA256

Text text_of(std::string_view text) { return Text(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string content(BIO* text) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

// Never asks on the terminal: libcrypto's own way does.
int give_passphrase(char* buffer, int size, int, void* given) {
  const auto& passphrase = *static_cast<std::string_view*>(given);
  if (passphrase.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(passphrase, buffer);
  return static_cast<int>(passphrase.size());
}

}  // namespace

Key read_key(std::string_view pem, std::string_view passphrase) {
  const Text text = text_of(pem);
  return Key(text ? PEM_read_bio_PrivateKey(text.get(), nullptr, give_passphrase, &passphrase) : nullptr);
}

std::string key_text(EVP_PKEY* key, std::string_view passphrase) {
  const Text text(BIO_new(BIO_s_secmem()));
  PKCS8_PRIV_KEY_INFO* plain = text ? EVP_PKEY2PKCS8(key) : nullptr;
  bool good = plain != nullptr;
  if (good && passphrase.empty()) good = PEM_write_bio_PKCS8_PRIV_KEY_INFO(text.get(), plain) == 1;
  if (good && !passphrase.empty()) {
    X509_ALGOR* scheme = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), k_pbkdf2_rounds, nullptr, 0, nullptr, NID_hmacWithSHA256);
    X509_SIG* sealed = scheme == nullptr ? nullptr
                                         : PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain, scheme);
    good = sealed != nullptr && PEM_write_bio_PKCS8(text.get(), sealed) == 1;
    if (sealed == nullptr) X509_ALGOR_free(scheme);
    X509_SIG_free(sealed);
  }
  PKCS8_PRIV_KEY_INFO_free(plain);
  if (!good) throw SystemError("cannot write a private key: libcrypto refused");
  return content(text.get());
}

std::optional<std::vector<Parsed>> read_certificates(std::string_view pem) {
  std::vector<Parsed> found;
  for (std::size_t at = pem.find(k_begin); at != pem.npos; at = pem.find(k_begin, at + k_begin.size())) {
    const Text text = text_of(pem.substr(at));
    Parsed one(text ? PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!one) return std::nullopt;
    found.push_back(std::move(one));
  }
  return found;
}

std::string certificate_text(X509* certificate) {
  const Text text(BIO_new(BIO_s_mem()));
  if (!text || PEM_write_bio_X509(text.get(), certificate) != 1) throw SystemError("cannot write a certificate: libcrypto refused");
  return content(text.get());
}

std::optional<std::int64_t> seconds(const ASN1_TIME* time) {
  tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return ::timegm(&parts);
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  unsigned char* bytes = nullptr;
  const int size = at < 0 ? -1 : ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

}  // namespace rootcellar::pki
