#include "bundle/pki/provided.h"

#include <openssl/x509v3.h>

#include "bundle/base/text.h"
#include "bundle/pki/x509.h"

namespace rootcellar {
namespace {

using pki::Key;
using pki::Parsed;
using Chain = std::vector<Parsed>;

std::string which(const Chain& chain, std::size_t i) {
  const std::string name = printable(pki::common_name(X509_get_subject_name(chain[i].get())));
  return cat("certificate ", i + 1, " of ", chain.size(), name.empty() ? "" : cat(" ('", name, "')"));
}

void check_dates(const Chain& chain, std::int64_t now, std::vector<std::string>& faults) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto from = pki::seconds(X509_get0_notBefore(chain[i].get()));
    const auto until = pki::seconds(X509_get0_notAfter(chain[i].get()));
    if (!from || !until) faults.push_back(cat(which(chain, i), " does not say from and until when it is good"));
    else if (now < *from) faults.push_back(cat(which(chain, i), " is good only from ", format_time(*from), " on; it is ", format_time(now)));
    else if (now >= *until) faults.push_back(cat(which(chain, i), " was good until ", format_time(*until), "; it is ", format_time(now)));
  }
}

void check_order(const Chain& chain, std::vector<std::string>& faults) {
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    EVP_PKEY* signer = X509_get0_pubkey(chain[i + 1].get());
    const bool named = X509_check_issued(chain[i + 1].get(), chain[i].get()) == X509_V_OK;
    if (named && signer != nullptr && X509_verify(chain[i].get(), signer) == 1) continue;
    faults.push_back(cat(which(chain, i), " is not signed by the one that follows it: expected each to be followed by its signer"));
  }
}

bool is_for(X509* certificate, const std::string& name) {
  return X509_check_ip_asc(certificate, name.c_str(), 0) == 1 ||
         X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

void check_server(const Chain& chain, const ProvidedCertificate& provided, std::vector<std::string>& faults) {
  X509* server = chain.front().get();
  if (X509_check_ca(server) == 1) faults.push_back(cat(which(chain, 0), " is an authority's: expected the server's own first"));
  else if (X509_check_purpose(server, X509_PURPOSE_SSL_SERVER, 0) != 1) faults.push_back(cat(which(chain, 0), " is not for servers"));
  for (const std::string& name : provided.names) {
    if (!is_for(server, name)) faults.push_back(cat(which(chain, 0), " is not for '", printable(name), "': its subject alternative names lack it"));
  }
}

void check_key(const Chain& chain, std::string_view pem, std::vector<std::string>& faults) {
  const Key key = pki::read_key(pem);
  if (!key) {
    const bool sealed = pem.find("ENCRYPTED") != pem.npos;
    faults.emplace_back(sealed ? "the key is under a passphrase: a server that starts by itself cannot be asked for it"
                               : "the key cannot be read: expected PEM with a private key");
  } else if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    faults.push_back(cat("the key is not that of ", which(chain, 0)));
  }
}

}  // namespace

std::vector<std::string> faults_of(const ProvidedCertificate& provided) {
  const auto chain = pki::read_certificates(provided.chain);
  if (!chain) return {"one of the certificates cannot be read: expected PEM"};
  if (chain->empty()) return {"there is no certificate: expected PEM, the server's certificate first"};
  std::vector<std::string> faults;
  check_key(*chain, provided.key, faults);
  check_server(*chain, provided, faults);
  check_order(*chain, faults);
  check_dates(*chain, provided.now, faults);
  return faults;
}

}  // namespace rootcellar
