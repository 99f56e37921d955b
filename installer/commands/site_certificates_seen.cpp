#include "installer/commands/site_certificates_seen.h"

#include "bundle/base/error.h"
#include "installer/run/provided_certificate.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;

/// Nothing for what is not there, and for what only root may read.
std::optional<std::string> content(const std::string& path, HostSystem& host) {
  try {
    return host.read_file(path, k_limit);
  } catch (const SystemError&) {
    return std::nullopt;
  }
}

void read_named_files(const LanAnswers& answers, HostSystem& host, CertificateFacts& facts) {
  facts.chain = content(*answers.certificate_chain, host);
  if (auto key = content(*answers.certificate_key, host)) facts.key = std::make_shared<const SecretText>(*std::move(key));
}

/// The medium may be gone: what was copied from the same files is as good.
void take_our_copy(const CertificateSet& set, const std::string& secrets, HostSystem& host, CertificateFacts& facts) {
  const auto root = content(path_join(secrets, set.authority), host);
  auto key = content(path_join(secrets, set.certificate_key), host);
  if (!root || !key || facts.certificate.empty()) return;
  facts.chain = cat(facts.certificate, "\n", *root);
  facts.key = std::make_shared<const SecretText>(*std::move(key));
}

}  // namespace

CertificateFacts read_certificate_facts(const Answers& answers, const KeptState& kept, Surroundings& surroundings) {
  HostSystem& host = surroundings.host;
  const CertificateSet set = certificate_set(k_site_set);
  const std::string secrets = surroundings.paths.secrets();
  CertificateFacts facts;
  facts.known = known_authorities(host);
  if (host.is_root()) {
    facts.own = kept_authority(k_site_set, host, surroundings.paths);
    facts.certificate = content(path_join(secrets, set.certificate), host).value_or("");
  }
  const LanAnswers& lan = answers.lan;
  if (!lan.certificate_chain || !lan.certificate_key) return facts;
  read_named_files(lan, host, facts);
  const LanAnswers earlier = kept.answers().value_or(Answers()).lan;
  const bool same = earlier.certificate_chain == lan.certificate_chain && earlier.certificate_key == lan.certificate_key;
  const bool copied = same && host.is_root() && host.exists(path_join(secrets, set.made_authority));
  if ((!facts.chain || !facts.key) && copied) take_our_copy(set, secrets, host, facts);
  return facts;
}

}  // namespace rootcellar
