#include <algorithm>
#include <memory>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/care/certificate_dates.h"
#include "installer/care/renewal.h"
#include "installer/care/site_certificate_care.h"
#include "installer/commands/care_setting.h"
#include "installer/commands/install_unit.h"
#include "installer/commands/program.h"
#include "installer/commands/server_renaming.h"
#include "installer/run/cluster_api.h"

namespace rootcellar {
namespace {

struct RenewOptions {
  std::optional<std::string> answers;
  bool yes = false;
};

/// Authorities stay: everything that they signed would have to be made anew on every machine.
std::vector<CertificateDate> renewable(const std::vector<Step>& steps, RunContext& context) {
  std::vector<CertificateDate> dates = certificate_dates(context.host);
  std::erase_if(dates, [](const CertificateDate& date) { return date.authority; });
  const std::vector<CertificateDate> site = site_certificate_dates(steps, context);
  dates.insert(dates.end(), site.begin(), site.end());
  return dates;
}

std::string time_text(std::int64_t time) { return time == 0 ? std::string("?") : format_time(time); }

void show(const std::vector<CertificateDate>& before, const std::vector<CertificateDate>& after, cli::Console& console) {
  std::vector<std::vector<std::string>> rows{{"certificate", "was good until", "is good until"}};
  JsonValue list = JsonValue::array();
  for (const CertificateDate& date : after) {
    const auto found = std::find_if(before.begin(), before.end(), [&](const CertificateDate& old) { return old.path == date.path; });
    const std::string was = time_text(found == before.end() ? 0 : found->expires);
    rows.push_back({date.path, was, time_text(date.expires)});
    list.push(JsonValue::object({{"path", JsonValue::string(date.path)},
                                 {"was", JsonValue::string(was)},
                                 {"expires", JsonValue::string(time_text(date.expires))}}));
  }
  if (console.json()) return console.event("renewed", JsonValue::object({{"certificates", std::move(list)}}));
  console.print(cli::table(rows));
}

std::string names_text(const ServerRenaming& renaming) {
  std::vector<std::string> titles;
  for (const Step* step : renaming.change.concerned) titles.push_back(cat("  - ", step->title, "\n"));
  return titles.empty() ? std::string()
                        : cat("The API server gets the names that the answers say. What says them is changed first:\n", join(titles, ""));
}

/// A token and an authority outlive certificates, but a file that was lost or changed is whole again.
void write_exports(const CareSetting& setting, RunContext& context, cli::Console& console) {
  for (const Step& step : setting.plan.steps) {
    const auto* access = std::get_if<ExportAccess>(&step.action);
    if (access == nullptr) continue;
    do_step(step, context);
    console.say(cat("'", access->path, "' is written anew."));
  }
}

/// Pods are given the site's certificate as it is now.
void share_trust(const CareSetting& setting, RunContext& context, cli::Console& console) {
  for (const Step& step : setting.plan.steps) {
    const auto* trust = std::get_if<ShareTrust>(&step.action);
    if (trust == nullptr || probe_step(step, context) == ProbeResult::already) continue;
    do_step(step, context);
    console.say(cat("Namespace '", trust->space, "' has the site's certificate as it is now."));
  }
}

/// By the install unit, as the plan's other steps were done.
void rename_server(std::optional<CareSetting>& setting, const ServerRenaming& renaming, cli::Console& console, Surroundings& surroundings) {
  if (renaming.change.concerned.empty()) return;
  journal_server_names(*setting, renaming, surroundings);
  const std::vector<std::string> places = setting->plan.places;
  setting.reset();  // the unit takes the lock
  run_install_unit(surroundings, console, places);
  setting.emplace(open_care("renew", surroundings));
}

constexpr const char* k_site_text =
    "Makes the site's certificate anew, or takes a newer one from the files that the answers name, and restarts what is served with it.\n";

/// No cluster here: the appliance offers a page, a registry or names.
bool has_site_certificate_alone(Surroundings& surroundings) {
  const KeptState kept(surroundings);
  const auto plan = journaled_plan(Journal(surroundings.host, kept.journal_path()).records());
  return plan && has_site_certificate(plan->steps) &&
         std::none_of(plan->steps.begin(), plan->steps.end(), [](const Step& step) { return std::holds_alternative<KubeadmInit>(step.action); });
}

ExitCode renew_site_alone(cli::Console& console, const RenewOptions& options, Surroundings& surroundings) {
  if (options.answers) throw UsageError("--answers gives the API server other names, and there is no cluster on this machine");
  std::optional<InstalledSetting> setting = open_installed("renew", surroundings);
  if (!setting) throw HostError("cannot renew: nothing is installed on this machine");
  RunContext context{.host = surroundings.host, .bundle = &setting->bundle, .progress = console.progress(), .paths = surroundings.paths};
  SiteRenewalFault fault = site_renewal_fault(setting->plan.steps, context);
  if (!fault.message.empty()) throw HostError(cat("cannot renew: ", fault.message), std::move(fault.hint));
  if (!console.json()) console.print(k_site_text);
  confirm(options.yes, "renew", console);
  const std::vector<CertificateDate> before = renewable(setting->plan.steps, context);
  renew_site_certificates(setting->plan.steps, context);
  show(before, renewable(setting->plan.steps, context), console);
  return ExitCode::ok;
}

/// The cluster's are made anew whatever keeps the site's.
void renew_site_too(const CareSetting& setting, RunContext& context, cli::Console& console) {
  if (!has_site_certificate(setting.plan.steps)) return;
  const SiteRenewalFault fault = site_renewal_fault(setting.plan.steps, context);
  if (fault.message.empty()) return renew_site_certificates(setting.plan.steps, context);
  console.warn(cat("the site's certificate stays as it is: ", fault.message, "; ", fault.hint));
}

void tell_what_it_does(const CareSetting& setting, const ServerRenaming& renaming, cli::Console& console) {
  if (console.json()) return;
  console.print(names_text(renaming));
  console.print(
      "Makes every certificate of this node anew by its kubeadm, for a year from now, and restarts etcd, the API server, the "
      "controllers,\n"
      "the scheduler and the kubelet. The API server does not answer for about a minute; pods run on.\n");
  if (has_site_certificate(setting.plan.steps)) console.print(k_site_text);
}

ExitCode renew(cli::Console& console, const RenewOptions& options, Surroundings& surroundings) {
  require_alone("renew", surroundings);
  if (has_site_certificate_alone(surroundings)) return renew_site_alone(console, options, surroundings);
  std::optional<CareSetting> setting(open_care("renew", surroundings));
  require_renewal_possible(surroundings.host);
  const ServerRenaming renaming = options.answers ? read_server_names(*setting, *options.answers, surroundings) : ServerRenaming();
  tell_what_it_does(*setting, renaming, console);
  confirm(options.yes, "renew", console);
  rename_server(setting, renaming, console, surroundings);
  RunContext context{.host = surroundings.host, .bundle = &setting->bundle, .progress = console.progress(), .paths = surroundings.paths};
  const std::vector<CertificateDate> before = renewable(setting->plan.steps, context);
  const Step step = care_step("renew");
  renew_certificates(setting->bundle.index().appliance.cluster.version, setting->node.join ? std::string() : setting->node.config,
                     {step, context});
  write_exports(*setting, context, console);
  renew_site_too(*setting, context, console);
  share_trust(*setting, context, console);
  show(before, renewable(setting->plan.steps, context), console);
  return ExitCode::ok;
}

}  // namespace

cli::Command renew_command(Surroundings& surroundings) {
  auto options = std::make_shared<RenewOptions>();
  cli::Command command;
  command.name = "renew";
  command.summary = "make the cluster's and the site's certificates anew, before or after they expire";
  command.description =
      "Runs the installed kubeadm, which needs no network, restarts what uses the certificates, and makes the kubelet ask for its own "
      "anew. "
      "kubeadm's certificates are good for a year; 'status' shows until when. Copies of /etc/kubernetes/admin.conf made for people have to "
      "be made again; the files of cluster.exports are written anew. With --answers the API server gets other names first: those below "
      "'cluster', 'cert_sans'. An appliance with a section lan gets the certificate of its domain anew, too, or takes a newer one from the "
      "files that the answers name, and what holds or serves it is done again; that needs no cluster.";
  command.examples = {"sudo rootcellar-install renew", "sudo rootcellar-install renew --answers answers.yaml --yes"};
  command.options = {{.names = "--answers",
                      .value = "FILE",
                      .help = "the site's answers with another list cert_sans; nothing else in them may differ",
                      .optional_text = &options->answers},
                     {.names = "--yes", .help = "do not ask whether to go on", .flag = &options->yes}};
  command.run = [options, &surroundings](cli::Console& console) { return renew(console, *options, surroundings); };
  return command;
}

}  // namespace rootcellar
