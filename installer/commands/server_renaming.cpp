#include "installer/commands/server_renaming.h"

#include <algorithm>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "installer/run/server_names.h"

namespace rootcellar {
namespace {

constexpr std::size_t k_limit = std::size_t{1} << 20;

Answers read_answers(const std::string& file, Surroundings& surroundings) {
  const auto text = surroundings.host.read_file(file, k_limit);
  if (!text) throw SystemError(cat("cannot read '", file, "': it is not there"));
  return parse_answers(*text, file);
}

/// The others decide how the cluster is made, and an installed one is made.
void require_same_but_names(const Answers& kept, Answers given, const std::string& file) {
  given.cluster.cert_sans = kept.cluster.cert_sans;
  if (encode_answers(given) == encode_answers(kept)) return;
  throw UsageError(cat("'", file, "' changes more than the names of the API server"),
                   "here only 'cert_sans' below 'cluster' may differ from /etc/rootcellar/answers.yaml; begin with a copy of that file");
}

/// The step that writes kubeadm's configuration says them, kubeadm's own step follows, and exported files name them.
bool is_concerned(const Step& step, const CareSetting& setting) {
  const auto* file = std::get_if<WriteFile>(&step.action);
  return (file != nullptr && file->path == setting.node.config) || std::holds_alternative<KubeadmInit>(step.action) ||
         std::holds_alternative<ExportAccess>(step.action);
}

void require_name(const ExportAccess& access, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), access.host) != names.end()) return;
  throw HostError(cat("cannot renew: '", access.path, "' is for hosts that use the name '", access.host,
                      "', which would not be the API server's any more"),
                  "leave it below 'cluster', 'cert_sans'");
}

Change change_of(const CareSetting& setting, const std::vector<std::string>& site_names) {
  Change change;
  std::vector<std::string> before, now;
  for (Step step : setting.plan.steps) {
    auto* file = std::get_if<WriteFile>(&step.action);
    if (file != nullptr && file->path == setting.node.config) {
      before = names_in_config(file->content);
      file->content = with_site_names(file->content, site_names);
      now = names_in_config(file->content);
    }
    change.steps.push_back(std::move(step));
  }
  if (before == now) return {};
  for (const Step& step : change.steps) {
    if (const auto* access = std::get_if<ExportAccess>(&step.action)) require_name(*access, now);
    (is_concerned(step, setting) ? change.concerned : change.same).push_back(&step);
  }
  return change;
}

}  // namespace

ServerRenaming read_server_names(const CareSetting& setting, const std::string& file, Surroundings& surroundings) {
  if (setting.node.join)
    throw HostError("cannot renew by other answers: this machine joined a cluster", "give them to 'renew' on the machine that made it");
  ServerRenaming renaming;
  renaming.answers = read_answers(file, surroundings);
  require_same_but_names(KeptState(surroundings).answers().value_or(Answers()), renaming.answers, file);
  std::vector<std::string> names = setting.bundle.index().appliance.cluster.cert_sans;
  const std::vector<std::string>& given = renaming.answers.cluster.cert_sans;
  names.insert(names.end(), given.begin(), given.end());
  renaming.change = change_of(setting, names);
  return renaming;
}

void journal_server_names(const CareSetting& setting, const ServerRenaming& renaming, Surroundings& surroundings) {
  KeptState(surroundings).keep_answers(renaming.answers);
  journal_change(setting, renaming.change, surroundings);
}

}  // namespace rootcellar
