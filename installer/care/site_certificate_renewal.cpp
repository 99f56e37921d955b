// What `renew` does about the site's certificate.
#include <algorithm>

#include "installer/care/site_certificate_care.h"
#include "installer/run/actions/actions.h"
#include "installer/run/provided_certificate.h"
#include "installer/run/site_certificates.h"

namespace rootcellar {
namespace {

bool is_certificate(const Step& step) { return std::holds_alternative<IssueCertificate>(step.action) || std::holds_alternative<UseCertificate>(step.action); }

/// Made of what the step of a certificate keeps: a file, an object of the cluster, a chart's values.
class Copies {
 public:
  void add(const Step& step) {
    const auto* issue = std::get_if<IssueCertificate>(&step.action);
    const CertificateSet set = certificate_set(issue != nullptr ? issue->set : std::get<UseCertificate>(step.action).set);
    for (const std::string& secret : {set.certificate, set.certificate_key, set.authority}) texts_.push_back(cat("${secret.", secret));
    for (const std::string& capture : {set.end, set.fingerprint, set.words}) texts_.push_back(cat("${capture.", capture));
  }
  /// And whatever is done with that file.
  void add_file(const std::string& path) { if (!path.empty()) texts_.push_back(path), files_.push_back(path); }

  bool are_in(const Step& step) const {
    const auto* tool = std::get_if<RunTool>(&step.action);
    if (tool != nullptr && tool->call.argv.front().ends_with("/update-ca-certificates")) return has_file(k_site_trust_file);
    const std::string text = encode_step(step).dump();
    return std::any_of(texts_.begin(), texts_.end(), [&](const std::string& one) { return text.find(one) != text.npos; });
  }
  bool are_watched_by(const SetUnit& unit) const {
    return std::any_of(files_.begin(), files_.end(), [&](const std::string& file) {
      return std::find(unit.watch.begin(), unit.watch.end(), file) != unit.watch.end();
    });
  }

 private:
  bool has_file(std::string_view path) const { return std::find(files_.begin(), files_.end(), path) != files_.end(); }

  std::vector<std::string> texts_, files_;
};

/// A server reads its certificate when it starts.
void restart(const Step& step, RunContext& context) {
  context.watched_changed = true;
  do_step(step, context);
  context.watched_changed = false;
}

void do_again(const Step& step, Copies& copies, RunContext& context) {
  const std::string path = written_path(step);
  // What a stop came between is written and not served yet: so that counts as written, too.
  if (std::holds_alternative<WriteFilled>(step.action)) copies.add_file(path);
  if (probe_step(step, context) == ProbeResult::already) return;
  do_step(step, context);
  context.progress.note(step.title);
}

}  // namespace

SiteRenewalFault site_renewal_fault(const std::vector<Step>& steps, RunContext& context) {
  for (const Step& step : steps) {
    if (const auto* issue = std::get_if<IssueCertificate>(&step.action)) {
      KeyFault fault = key_fault(kept_authority(issue->set, context.host, context.paths));
      if (!fault.message.empty()) return {std::move(fault.message), std::move(fault.hint)};
    }
    const auto* use = std::get_if<UseCertificate>(&step.action);
    const std::string fault = use == nullptr ? std::string() : provided_fault(*use, {step, context});
    if (!fault.empty()) return {cat("cannot use the certificate '", use->chain, "': ", fault), "put a good one there, and run this again"};
  }
  return {};
}

void renew_site_certificates(const std::vector<Step>& steps, RunContext& context) {
  Copies copies;
  for (const Step& step : steps) {
    const auto* unit = std::get_if<SetUnit>(&step.action);
    if (is_certificate(step)) {
      do_step(step, context);
      copies.add(step);
    } else if (unit != nullptr && copies.are_watched_by(*unit)) {
      restart(step, context);
    } else if (unit == nullptr && copies.are_in(step)) {
      do_again(step, copies, context);
    }
  }
}

}  // namespace rootcellar
