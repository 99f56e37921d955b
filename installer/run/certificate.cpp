#include "installer/run/certificate.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <time.h>

#include <array>
#include <memory>

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::string_view k_begin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view k_end = "-----END CERTIFICATE-----";

struct Freer {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Parsed = std::unique_ptr<X509, Freer>;

Parsed parse(std::string_view pem) {
  const std::size_t begin = pem.find(k_begin);
  const std::size_t end = begin == pem.npos ? pem.npos : pem.find(k_end, begin);
  if (end == pem.npos) return nullptr;
  std::string text;
  for (const char letter : pem.substr(begin + k_begin.size(), end - begin - k_begin.size())) {
    if (letter != '\n' && letter != '\r' && letter != ' ') text += letter;
  }
  const auto der = base64_decode(text);
  if (!der) return nullptr;
  const unsigned char* at = der->data();
  return Parsed(d2i_X509(nullptr, &at, static_cast<long>(der->size())));
}

std::optional<std::int64_t> seconds(const ASN1_TIME* time) {
  tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return ::timegm(&parts);
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_of(const ASN1_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return {};
  return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size()) == nullptr ? std::string() : std::string(text.data());
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, Freer> list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; list && i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS) names.emplace_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(address_of(name->d.iPAddress));
  }
  return names;
}

}  // namespace

std::optional<Certificate> read_certificate(std::string_view pem) {
  const Parsed parsed = parse(pem);
  const auto expires = parsed ? seconds(X509_get0_notAfter(parsed.get())) : std::nullopt;
  if (!expires) return std::nullopt;
  return Certificate{*expires, names_of(parsed.get())};
}

}  // namespace rootcellar
