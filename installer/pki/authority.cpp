#include "installer/pki/authority.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <span>

#include "bundle/base/error.h"
#include "bundle/base/secret.h"
#include "bundle/base/text.h"
#include "bundle/pki/x509.h"

namespace rootcellar {
namespace {

using pki::Key;
using pki::Parsed;

constexpr std::int64_t k_day = 86400;
constexpr std::int64_t k_server_days = 397;
constexpr std::int64_t k_behind_days = 30;
constexpr std::int64_t k_authority_days = 3652;
constexpr std::size_t k_longest_name = 253;   // RFC 1035
constexpr std::uint64_t k_no_bits = 1000;
constexpr std::size_t k_longest_common = 64;  // ub-common-name, RFC 5280

[[noreturn]] void failed(std::string_view what) { throw SystemError(cat("cannot make ", what, ": libcrypto refused")); }

bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' && std::ranges::all_of(label, allowed);
}

void require_name(std::string_view name) {
  const std::string_view base = name.starts_with("*.") ? name.substr(2) : name;
  if (name.size() > k_longest_name || !std::ranges::all_of(split(base, '.'), is_label)) {
    throw InputError(cat("a certificate's name: expected a DNS name in lower case, found '", printable(name), "'"));
  }
}

struct Numeric {
  std::vector<std::uint8_t> bytes;  // 4 or 16
};

Numeric parse_numeric(const std::string& text) {
  Numeric address{std::vector<std::uint8_t>(16)};
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) address.bytes.resize(4);
  else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1)
    throw InputError(cat("a certificate's address: expected a numeric address, found '", printable(text), "'"));
  return address;
}

std::string spelled(const Numeric& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address.bytes.size() == 4 ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
  return text.data();
}

// "192.0.2.0/24" as libcrypto's configuration spells it: address and mask.
std::string address_and_mask(const std::string& range) {
  const std::size_t slash = range.find('/');
  const std::uint64_t bits = slash == range.npos ? k_no_bits : parse_u64(std::string_view(range).substr(slash + 1)).value_or(k_no_bits);
  Numeric address = parse_numeric(range.substr(0, slash));
  if (bits > address.bytes.size() * 8) {
    throw InputError(cat("an authority's range: expected ADDRESS/BITS, found '", printable(range), "'"));
  }
  Numeric mask{std::vector<std::uint8_t>(address.bytes.size())};
  for (std::size_t i = 0; i < mask.bytes.size(); ++i) {
    const std::uint64_t ones = bits > 8 * i ? std::min<std::uint64_t>(8, bits - 8 * i) : 0;
    mask.bytes[i] = static_cast<std::uint8_t>(0xff00u >> ones);
    address.bytes[i] &= mask.bytes[i];
  }
  return cat(spelled(address), '/', spelled(mask));
}

std::string constraints(const AuthorityRequest& request) {
  std::string text = "critical";
  for (const std::string& domain : request.domains) {
    require_name(domain);
    text += cat(",permitted;DNS:", domain);
  }
  for (const std::string& range : request.ranges) text += cat(",permitted;IP:", address_and_mask(range));
  return text;
}

std::string alternative_names(const ServerRequest& request) {
  std::string text;
  for (const std::string& name : request.names) {
    require_name(name);
    text += cat(text.empty() ? "" : ",", "DNS:", name);
  }
  for (const std::string& address : request.addresses) text += cat(text.empty() ? "" : ",", "IP:", spelled(parse_numeric(address)));
  return text;
}

Key usable_key(std::string_view pem) {
  Key key = pki::read_key(pem);
  if (!key) throw InputError("a private key: expected PEM, not under a passphrase");
  return key;
}

Parsed usable_certificate(std::string_view pem) {
  auto found = pki::read_certificates(pem);
  if (!found || found->empty()) throw InputError("a certificate: expected PEM");
  return std::move(found->front());
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, kind, text.c_str());
  const bool good = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  if (!good) failed("a certificate's extension");
}

// 20 octets at most and positive (RFC 5280, section 4.1.2.2): 16 at random.
void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) failed("a serial number");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  const bool good = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  if (!good) failed("a serial number");
}

void set_common_name(X509* certificate, const std::string& name) {
  const std::string fitting = name.substr(0, k_longest_common);
  if (X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(fitting.data()), static_cast<int>(fitting.size()), -1, 0) != 1) {
    failed("a certificate's name");
  }
}

Parsed begin_certificate(EVP_PKEY* key, const std::string& name, const Validity& validity) {
  Parsed certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || X509_set_pubkey(certificate.get(), key) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), validity.from) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), validity.until) == nullptr) {
    failed("a certificate");
  }
  set_serial(certificate.get());
  if (!name.empty()) set_common_name(certificate.get(), name);
  return certificate;
}

void sign(X509* certificate, const X509* issuer, EVP_PKEY* key) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 || X509_sign(certificate, key, EVP_sha256()) <= 0) {
    failed("a certificate's signature");
  }
}

struct LimitsFreer {
  void operator()(NAME_CONSTRAINTS* limits) const { NAME_CONSTRAINTS_free(limits); }
};
using Limits = std::unique_ptr<NAME_CONSTRAINTS, LimitsFreer>;

Limits limits_of(X509* authority) {
  return Limits(static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(authority, NID_name_constraints, nullptr, nullptr)));
}

int verdict_of(NAME_CONSTRAINTS* limits, X509* certificate) {
  X509_check_purpose(certificate, -1, 0);  // it reads the extensions just written
  return limits == nullptr ? X509_V_OK : NAME_CONSTRAINTS_check(certificate, limits);
}

// What the authority's constraints forbid would be refused by every browser, with no word of why.
void require_permitted(X509* certificate, X509* authority, const ServerRequest& request) {
  const int verdict = verdict_of(limits_of(authority).get(), certificate);
  if (verdict == X509_V_OK) return;
  std::vector<std::string> wanted = request.names;
  wanted.insert(wanted.end(), request.addresses.begin(), request.addresses.end());
  throw InputError(cat("a certificate for ", join(wanted, ", "), ": ", X509_verify_cert_error_string(verdict), " of the site's authority"));
}

}  // namespace

Validity authority_validity(std::int64_t bundle_created, std::int64_t now) {
  return {bundle_created, std::max(bundle_created, now) + k_authority_days * k_day};
}

Validity server_validity(std::int64_t now, const Validity& authority) {
  const std::int64_t from = std::max(authority.from, now - k_behind_days * k_day);
  return {from, std::min(authority.until, from + k_server_days * k_day)};
}

std::string make_private_key() {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) failed("a private key");
  return pki::key_text(key.get());
}

std::string seal_private_key(std::string_view key, std::string_view passphrase) {
  if (passphrase.empty()) throw InputError("a passphrase: expected at least one character");
  return pki::key_text(usable_key(key).get(), passphrase);
}

std::string open_private_key(std::string_view sealed, std::string_view passphrase) {
  const Key key = pki::read_key(sealed, passphrase);
  if (!key) throw InputError("cannot open the private key: another passphrase, or no key");
  return pki::key_text(key.get());
}

std::string make_authority(std::string_view key, const AuthorityRequest& request) {
  const Key own = usable_key(key);
  const Parsed certificate = begin_certificate(own.get(), request.name, request.validity);
  extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  extend(certificate.get(), certificate.get(), NID_name_constraints, constraints(request));
  sign(certificate.get(), certificate.get(), own.get());
  return pki::certificate_text(certificate.get());
}

std::string issue_certificate(std::string_view authority, std::string_view authority_key, std::string_view key,
                              const ServerRequest& request) {
  const Parsed issuer = usable_certificate(authority);
  const Key issuer_key = usable_key(authority_key);
  if (X509_check_private_key(issuer.get(), issuer_key.get()) != 1) throw InputError("the authority's key is not that of its certificate");
  const std::string names = alternative_names(request);
  if (names.empty()) throw InputError("a server's certificate: expected a name or an address");
  const Key own = usable_key(key);
  const Parsed certificate = begin_certificate(own.get(), request.names.empty() ? "" : request.names.front(), request.validity);
  extend(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  extend(certificate.get(), issuer.get(), NID_ext_key_usage, "serverAuth");
  extend(certificate.get(), issuer.get(), NID_subject_key_identifier, "hash");
  extend(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid:always");
  // Without a common name the subject is empty, and then the names must be critical (RFC 5280, section 4.2.1.6).
  extend(certificate.get(), issuer.get(), NID_subject_alt_name, cat(request.names.empty() ? "critical," : "", names));
  sign(certificate.get(), issuer.get(), issuer_key.get());
  require_permitted(certificate.get(), issuer.get(), request);
  return pki::certificate_text(certificate.get());
}

std::vector<std::string> beyond_authority(std::string_view authority, const std::vector<std::string>& names,
                                          const std::vector<std::string>& addresses) {
  const Parsed issuer = usable_certificate(authority);
  const Limits limits = limits_of(issuer.get());
  std::vector<std::string> beyond;
  const auto look = [&](const std::string& wanted, const ServerRequest& request) {
    const Parsed trial = begin_certificate(X509_get0_pubkey(issuer.get()), "", certificate_validity(authority));
    extend(trial.get(), issuer.get(), NID_subject_alt_name, cat("critical,", alternative_names(request)));
    if (verdict_of(limits.get(), trial.get()) != X509_V_OK) beyond.push_back(wanted);
  };
  for (const std::string& name : names) look(name, {{name}, {}, {}});
  for (const std::string& address : addresses) look(address, {{}, {address}, {}});
  return beyond;
}

std::vector<std::string> authority_domains(std::string_view authority) {
  const Limits limits = limits_of(usable_certificate(authority).get());
  std::vector<std::string> domains;
  for (int i = 0; limits && i < sk_GENERAL_SUBTREE_num(limits->permittedSubtrees); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(limits->permittedSubtrees, i)->base;
    if (base->type != GEN_DNS) continue;
    const ASN1_IA5STRING* text = base->d.dNSName;
    domains.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return domains;
}

bool is_authority(std::string_view certificate) {
  const auto found = pki::read_certificates(certificate);
  return found && found->size() == 1 && X509_check_ca(found->front().get()) == 1;
}

bool key_belongs(std::string_view certificate, std::string_view pem) {
  const auto found = pki::read_certificates(certificate);
  const Key key = pki::read_key(pem);
  return found && !found->empty() && key && X509_check_private_key(found->front().get(), key.get()) == 1;
}

bool is_sealed_key(std::string_view key) { return key.find("ENCRYPTED") != key.npos; }

std::string certificate_fingerprint(std::string_view certificate) {
  const Parsed parsed = usable_certificate(certificate);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (X509_digest(parsed.get(), EVP_sha256(), bytes.data(), &size) != 1) failed("a fingerprint");
  return hex_encode(std::span(bytes).first(size));
}

std::string spelled_fingerprint(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    if (i != 0 && i % 2 == 0) out += ':';
    out += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

Validity certificate_validity(std::string_view certificate) {
  const Parsed parsed = usable_certificate(certificate);
  const auto from = pki::seconds(X509_get0_notBefore(parsed.get()));
  const auto until = pki::seconds(X509_get0_notAfter(parsed.get()));
  if (!from || !until) throw InputError("a certificate: expected times from and until which it is good");
  return {*from, *until};
}

}  // namespace rootcellar
