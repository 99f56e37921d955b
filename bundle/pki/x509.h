// Certificates and keys as libcrypto holds them, for the files of this room only.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar::pki {

struct Freer {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* text) const { BIO_free(text); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer>;
using Parsed = std::unique_ptr<X509, Freer>;
using Text = std::unique_ptr<BIO, Freer>;

/// PEM "PRIVATE KEY" or "ENCRYPTED PRIVATE KEY" (RFC 5208) and the older kinds of libcrypto; null when it cannot be read so.
Key read_key(std::string_view pem, std::string_view passphrase = {});
/// PKCS 8 under AES-256-CBC with PBKDF2 when there is a passphrase.
std::string key_text(EVP_PKEY* key, std::string_view passphrase = {});

/// Every certificate of a PEM text in its order (RFC 7468); what lies between is skipped. Nothing when one of them cannot be read.
std::optional<std::vector<Parsed>> read_certificates(std::string_view pem);
std::string certificate_text(X509* certificate);

/// UTC seconds; nothing for a time that is none.
std::optional<std::int64_t> seconds(const ASN1_TIME* time);
std::string common_name(const X509_NAME* name);

}  // namespace rootcellar::pki
