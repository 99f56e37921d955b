#include "bundle/pki/summary.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "bundle/pki/x509.h"

namespace rootcellar {
namespace {

struct NamesFreer {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::vector<std::string> dns_names(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, NamesFreer> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {  // of none: -1
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    const ASN1_IA5STRING* text = name->d.dNSName;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return names;
}

}  // namespace

std::optional<CertificateSummary> summary_of(std::string_view chain) {
  const auto certificates = pki::read_certificates(chain);
  if (!certificates || certificates->empty()) return std::nullopt;
  const auto from = pki::seconds(X509_get0_notBefore(certificates->front().get()));
  if (!from) return std::nullopt;
  CertificateSummary summary{dns_names(certificates->front().get()), *from, 0};
  for (const pki::Parsed& certificate : *certificates) {
    const auto until = pki::seconds(X509_get0_notAfter(certificate.get()));
    if (!until) return std::nullopt;
    summary.until = summary.until == 0 ? *until : std::min(summary.until, *until);
  }
  return summary;
}

}  // namespace rootcellar
