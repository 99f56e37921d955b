#include "installer/plan/lan_certificate.h"

#include <algorithm>

#include "bundle/base/text.h"
#include "installer/pki/authority.h"
#include "bundle/pki/provided.h"

namespace rootcellar {
namespace {

/// Public authorities sign no private addresses: people ask for names then.
std::vector<std::string> names_asked_for(const PlanInput& input, const LanSite& site) {
  const LanSection& lan = input.appliance().lan;
  const std::string& domain = site.names.domain;
  std::vector<std::string> names{domain};
  for (const std::string& name : lan.names) names.push_back(cat(name, ".", domain));
  if (lan.everything_below) names.push_back(cat("*.", domain));
  return names;
}

void refuse(std::string_view path, std::string_view fault, Plan& plan) {
  plan.refusals.push_back(cat("the site's certificate '", path, "': ", fault));
}

void check_provided(const PlanInput& input, const LanSite& site, Plan& plan) {
  const LanAnswers& answers = input.answers.lan;
  const CertificateFacts& facts = input.facts.certificates;
  if (!facts.chain) refuse(*answers.certificate_chain, "it is not there, or cannot be read", plan);
  if (!facts.key) refuse(*answers.certificate_key, "it is not there, or cannot be read", plan);
  if (!facts.chain || !facts.key) return;
  const auto faults = faults_of({*facts.chain, facts.key->view(), names_asked_for(input, site), input.facts.clock});
  for (const std::string& fault : faults) refuse(*answers.certificate_chain, fault, plan);
  if (!faults.empty()) return;
  const std::string fault = root_of(*facts.chain, facts.known, input.facts.clock).fault;
  if (!fault.empty()) refuse(*answers.certificate_chain, fault, plan);
}

/// What the own authority is asked to sign for.
struct Asked {
  std::vector<std::string> names, addresses;
  std::vector<std::string> refused;  ///< the domain itself: there is no doing without
  std::vector<std::string> dropped;  ///< names and addresses of machines: an authority from another machine knows those of that one
};

Asked asked_of_own(const PlanInput& input, const LanSite& site) {
  Asked asked{site.certificate_names, site.certificate_addresses, {}, {}};
  const std::string& authority = input.facts.certificates.own.certificate;
  if (authority.empty()) return asked;
  for (const std::string& name : beyond_authority(authority, asked.names, asked.addresses)) {
    const bool is_domain = name.ends_with(site.names.domain);
    (is_domain ? asked.refused : asked.dropped).push_back(name);
    if (!is_domain) std::erase(asked.names, name), std::erase(asked.addresses, name);
  }
  return asked;
}

bool must_sign(const CertificateFacts& facts, const Asked& asked, std::int64_t now) {
  std::vector<std::string> wanted = asked.names;
  wanted.insert(wanted.end(), asked.addresses.begin(), asked.addresses.end());
  return facts.certificate.empty() || !chain_faults(cat(facts.certificate, "\n", facts.own.certificate), wanted, now + k_renewed_before).empty();
}

void check_own(const PlanInput& input, const LanSite& site, Plan& plan) {
  const CertificateFacts& facts = input.facts.certificates;
  if (facts.own.certificate.empty()) return;
  const Asked asked = asked_of_own(input, site);
  const std::string whose = cat("this machine has an authority for ", join(authority_domains(facts.own.certificate), ", "), ", and it may not sign for ");
  if (!asked.refused.empty()) {
    plan.refusals.push_back(cat(whose, join(asked.refused, ", "), ": answer what it is for; or 'rootcellar-install ca forget' makes room for "
                                "another, which every device has to be told of anew"));
    return;
  }
  if (!asked.dropped.empty()) plan.cautions.push_back(cat(whose, join(asked.dropped, ", "), ": people reach this machine by the other names"));
  const KeyFault fault = key_fault(facts.own);
  if (!fault.message.empty() && must_sign(facts, asked, input.facts.clock)) plan.refusals.push_back(cat(fault.message, ": ", fault.hint));
}

void plan_own(const PlanInput& input, const LanSite& site, Plan& plan) {
  add_step(plan, "site-authority", "make the site's certificate authority",
           "Browsers and programs on this site trust what it signs; its key never leaves this machine.",
           MakeAuthority{k_site_set, cat(input.appliance().title, " (", site.names.domain, ")"), site.domains, site.ranges,
                         static_cast<std::uint64_t>(std::max<std::int64_t>(0, input.header.created))});
  const Asked asked = asked_of_own(input, site);
  add_step(plan, "site-certificate", cat("make the certificate of ", site.names.domain), "The page and the applications are served with it.",
           IssueCertificate{k_site_set, asked.names, asked.addresses});
}

void plan_provided(const PlanInput& input, const LanSite& site, Plan& plan) {
  const LanAnswers& answers = input.answers.lan;
  add_step(plan, "site-certificate", cat("use the site's certificate of ", site.names.domain),
           "The page and the applications are served with it; the files may go afterwards.",
           UseCertificate{k_site_set, *answers.certificate_chain, *answers.certificate_key, names_asked_for(input, site),
                          is_known_everywhere(input)});
}

}  // namespace

bool brings_certificate(const PlanInput& input) { return input.answers.lan.certificate_chain && input.answers.lan.certificate_key; }

bool is_known_everywhere(const PlanInput& input) {
  const CertificateFacts& facts = input.facts.certificates;
  return brings_certificate(input) && facts.chain && root_of(*facts.chain, facts.known, input.facts.clock).known;
}

void plan_certificate_fit(const PlanInput& input, const LanSite& site, Plan& plan) {
  const bool brings = brings_certificate(input);
  if (!brings && input.appliance().lan.certificate == "provided") {
    plan.refusals.emplace_back("the answers do not say the site's certificate, and the appliance wants one that the site brings along: "
                               "give its PEM files as 'lan.certificate.chain' and 'lan.certificate.key'");
  } else if (site.ready()) {
    brings ? check_provided(input, site, plan) : check_own(input, site, plan);
  }
}

void plan_site_certificate(const PlanInput& input, const LanSite& site, Plan& plan) {
  brings_certificate(input) ? plan_provided(input, site, plan) : plan_own(input, site, plan);
}

}  // namespace rootcellar
