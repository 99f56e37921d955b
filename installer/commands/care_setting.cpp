#include "installer/commands/care_setting.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/commands/install_unit.h"

namespace rootcellar {
namespace {

const KubeadmInit* node_of(const JournaledPlan& plan) {
  for (const Step& step : plan.steps) {
    if (const auto* node = std::get_if<KubeadmInit>(&step.action)) return node;
  }
  return nullptr;
}

}  // namespace

bool uses_site_cluster(const JournaledPlan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
    const auto* kept = std::get_if<KeepSiteFile>(&step.action);
    return kept != nullptr && kept->path == k_site_kubeconfig;
  });
}

void require_alone(const std::string& verb, Surroundings& surroundings) {
  if (!surroundings.host.is_root()) throw HostError(cat("cannot ", verb, ": only root can"), "begin the command with 'sudo'");
  if (install_unit_active(surroundings))
    throw HostError(cat("cannot ", verb, ": an installation is running"),
                    "look at it with 'rootcellar-install resume', and wait for its end");
}

std::optional<InstalledSetting> open_installed(const std::string& verb, Surroundings& surroundings) {
  require_alone(verb, surroundings);
  FileLock lock(surroundings.lock);
  const KeptState kept(surroundings);
  std::optional<Bundle> bundle = kept.open();
  std::optional<JournaledPlan> plan = journaled_plan(Journal(surroundings.host, kept.journal_path()).records());
  if (!bundle || !plan) return std::nullopt;
  if (!plan->finished)
    throw HostError(cat("cannot ", verb, ": the installation is not complete"), "finish it with 'rootcellar-install resume'");
  return InstalledSetting{std::move(lock), *std::move(bundle), *std::move(plan)};
}

CareSetting open_care(const std::string& verb, Surroundings& surroundings) {
  require_alone(verb, surroundings);
  FileLock lock(surroundings.lock);
  const KeptState kept(surroundings);
  std::optional<Bundle> bundle = kept.open();
  std::optional<JournaledPlan> plan = journaled_plan(Journal(surroundings.host, kept.journal_path()).records());
  const KubeadmInit* node = bundle && plan ? node_of(*plan) : nullptr;
  if (node == nullptr && plan && uses_site_cluster(*plan))
    throw HostError(cat("cannot ", verb, ": the cluster is the site's own, and those who run it look after it"));
  if (node == nullptr) throw HostError(cat("cannot ", verb, ": no cluster was installed on this machine"));
  if (!plan->finished)
    throw HostError(cat("cannot ", verb, ": the installation is not complete"), "finish it with 'rootcellar-install resume'");
  KubeadmInit action = *node;
  return {std::move(lock), *std::move(bundle), *std::move(plan), std::move(action)};
}

void confirm(bool yes, const std::string& verb, cli::Console& console) {
  if (yes) return;
  if (!console.interactive()) throw UsageError(cat("cannot ask whether to ", verb, ": this is no terminal"), "give --yes");
  if (trim(console.ask(cat("Type 'yes' to ", verb, ": "), cat("whether to ", verb))) != "yes") throw UsageError("the answer was not 'yes'");
}

Step care_step(const std::string& name) { return {.id = name, .title = name, .reason = {}, .action = RemoveSpool{}}; }

}  // namespace rootcellar
