#include "bundle/pki/provided.h"

#include <openssl/x509v3.h>

#include <algorithm>

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
    const bool signed_by = named && signer != nullptr && X509_verify(chain[i].get(), signer) == 1;
    if (signed_by && X509_check_ca(chain[i + 1].get()) == 0) faults.push_back(cat(which(chain, i + 1), " is not an authority's"));
    if (signed_by) continue;
    faults.push_back(cat(which(chain, i), " is not signed by the one that follows it: expected each to be followed by its signer"));
  }
}

// A wildcard matches none of its own kind, but any name in its place.
bool is_for(X509* certificate, const std::string& asked) {
  const std::string name = asked.starts_with("*.") ? cat("any", asked.substr(1)) : asked;
  return X509_check_ip_asc(certificate, name.c_str(), 0) == 1 ||
         X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

void check_server(const Chain& chain, const std::vector<std::string>& names, std::vector<std::string>& faults) {
  X509* server = chain.front().get();
  if (X509_check_ca(server) == 1) faults.push_back(cat(which(chain, 0), " is an authority's: expected the server's own first"));
  else if (X509_check_purpose(server, X509_PURPOSE_SSL_SERVER, 0) != 1) faults.push_back(cat(which(chain, 0), " is not for servers"));
  for (const std::string& name : names) {
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

bool signs_itself(X509* certificate) {
  return X509_check_issued(certificate, certificate) == X509_V_OK && X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
}

bool signed_by(X509* certificate, X509* signer) {
  return X509_check_issued(signer, certificate) == X509_V_OK && X509_verify(certificate, X509_get0_pubkey(signer)) == 1;
}

X509* find_signer(X509* certificate, const Chain& known) {
  for (const Parsed& one : known) {
    if (signed_by(certificate, one.get())) return one.get();
  }
  return nullptr;
}

bool is_among(X509* certificate, const Chain& known) {
  return std::any_of(known.begin(), known.end(), [&](const Parsed& one) { return X509_cmp(one.get(), certificate) == 0; });
}

struct StoreFreer {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

// All that browsers ask of a chain besides: constraints, lengths of keys, digests that are still trusted.
constexpr int k_browsers_level = 2;

std::string verdict_on(const Chain& chain, X509* root, std::int64_t now) {
  const std::unique_ptr<X509_STORE, StoreFreer> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, StoreFreer> context(X509_STORE_CTX_new());
  const std::unique_ptr<STACK_OF(X509), StoreFreer> between(sk_X509_new_null());
  bool good = store && context && between && X509_STORE_add_cert(store.get(), root) == 1;
  for (std::size_t i = 1; good && i < chain.size(); ++i) good = sk_X509_push(between.get(), chain[i].get()) > 0;
  if (!good || X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between.get()) != 1) return "libcrypto refused to look at it";
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(wanted, now);
  X509_VERIFY_PARAM_set_auth_level(wanted, k_browsers_level);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  if (X509_verify_cert(context.get()) == 1) return {};
  const auto depth = static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(context.get())));
  const std::string who = depth < chain.size() ? which(chain, depth) : "the authority known to this machine";
  return cat(who, ": ", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

ChainRoot unknown_root(const Chain& chain) {
  const std::string signer = printable(pki::common_name(X509_get_issuer_name(chain.back().get())));
  return {.fault = cat(which(chain, chain.size() - 1), " is signed by '", signer,
                       "', which is neither in the file nor known to this machine: expected its certificate as the file's last")};
}

}  // namespace

std::vector<std::string> faults_of(const ProvidedCertificate& provided) {
  const auto chain = pki::read_certificates(provided.chain);
  if (!chain) return {"one of the certificates cannot be read: expected PEM"};
  if (chain->empty()) return {"there is no certificate: expected PEM, the server's certificate first"};
  std::vector<std::string> faults;
  check_key(*chain, provided.key, faults);
  const std::vector<std::string> others = chain_faults(provided.chain, provided.names, provided.now);
  faults.insert(faults.end(), others.begin(), others.end());
  return faults;
}

std::vector<std::string> chain_faults(std::string_view pem, const std::vector<std::string>& names, std::int64_t now) {
  const auto chain = pki::read_certificates(pem);
  if (!chain) return {"one of the certificates cannot be read: expected PEM"};
  if (chain->empty()) return {"there is no certificate: expected PEM, the server's certificate first"};
  std::vector<std::string> faults;
  check_server(*chain, names, faults);
  check_order(*chain, faults);
  check_dates(*chain, now, faults);
  return faults;
}

ChainRoot root_of(std::string_view pem, std::string_view known_pem, std::int64_t now) {
  Chain chain = pki::read_certificates(pem).value_or(Chain());
  if (chain.empty()) return {.fault = "there is no certificate"};
  const Chain known = pki::read_certificates(known_pem).value_or(Chain());
  X509* last = chain.back().get();
  const bool included = signs_itself(last);
  if (included && chain.size() == 1) {
    return {.fault = cat(which(chain, 0), " is signed by itself alone: expected a server's certificate and the authority that signed it")};
  }
  X509* root = included ? last : find_signer(last, known);
  if (root == nullptr) return unknown_root(chain);
  if (std::string verdict = verdict_on(chain, root, now); !verdict.empty()) return {.fault = std::move(verdict)};
  ChainRoot found{.root = pki::certificate_text(root), .known = is_among(root, known)};
  if (included) chain.pop_back();
  for (const Parsed& one : chain) found.chain += pki::certificate_text(one.get());
  return found;
}

}  // namespace rootcellar
