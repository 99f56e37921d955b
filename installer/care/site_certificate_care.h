// The site's authority and certificate on an installed machine: until when they are good, for `status`, and made or taken anew, for `renew`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "installer/care/certificate_dates.h"
#include "installer/run/runner.h"

namespace rootcellar {

struct SiteCertificateReport {
  std::string name;               ///< the domain
  std::int64_t authority = 0;     ///< until when, UTC seconds; 0: it is somebody else's, or cannot be read
  std::int64_t certificate = 0;   ///< 0: there is none, or it cannot be read
  std::string key;                ///< where the authority's is; empty: the site brings its certificate
  std::string brought;            ///< the file it came from; empty: it was made here
  std::string lost_address;       ///< the certificate is for it, and this machine has it no more
  bool readdress = false;         ///< a cluster's machine follows its address
  std::vector<std::string> addresses;
};

bool has_site_certificate(const std::vector<Step>& steps);
/// Nothing when `steps` make and bring none.
std::optional<SiteCertificateReport> site_certificate_report(const std::vector<Step>& steps, RunContext& context);
/// Neither has ended, and the machine is where the certificate says.
bool is_good(const SiteCertificateReport& report, std::int64_t now);
std::string site_certificate_text(const SiteCertificateReport& report, std::int64_t now);
JsonValue site_certificate_json(const SiteCertificateReport& report);

/// Of a certificate's step that is not as it should be: what it is, empty for other steps. `warns`: it is good still.
struct SiteStepFault {
  std::string text;
  bool warns = false;
};
SiteStepFault site_step_fault(const Step& step, RunContext& context);

/// Why a certificate cannot be made or taken anew, and what to do; both empty when all can. Looks only.
struct SiteRenewalFault {
  std::string message, hint;
};
SiteRenewalFault site_renewal_fault(const std::vector<Step>& steps, RunContext& context);
/// The dates that `renew` changes.
std::vector<CertificateDate> site_certificate_dates(const std::vector<Step>& steps, RunContext& context);
/// Makes every certificate of the site's authorities anew, takes a brought one from its files, and does again what holds a copy or serves it.
/// May be run again after a stop anywhere.
/// REQUIRES: site_renewal_fault() is empty.
void renew_site_certificates(const std::vector<Step>& steps, RunContext& context);

}  // namespace rootcellar
